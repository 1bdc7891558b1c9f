PRAGMA journal_mode = wal;
PRAGMA application_id = 1129600329;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE account_days (
        account TEXT NOT NULL,
        day TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (account, day, name)
    ) STRICT
    ;
INSERT INTO "account_days" VALUES('F1','2026-11-20','funds','100000');
INSERT INTO "account_days" VALUES('F2','2026-11-20','funds','100000');
CREATE TABLE copies (
    id INTEGER PRIMARY KEY,
    execution_id INTEGER NOT NULL REFERENCES executions (id),
    follower TEXT NOT NULL,
    tag TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
INSERT INTO "copies" VALUES(1,1,'F1','CT4CRJRICR8ZBF0','filled','{"id":1,"execution_id":1,"order_key":"U1","follower":"F1","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":100,"price":"102","tag":"CT4CRJRICR8ZBF0"},"state":"filled","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03.366667+05:30","dry_run":false,"attempts":1,"order_id":"F1-1","filled":100,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:00:03+05:30","answered_at":"2026-11-20T12:00:03+05:30","queued_at":"2026-11-20T12:00:03+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(2,1,'F1','CTM9R6Z9F5RT5UF','partial','{"id":2,"execution_id":1,"order_key":"U1","follower":"F1","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":100,"price":"102","tag":"CTM9R6Z9F5RT5UF"},"state":"partial","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03.366667+05:30","dry_run":false,"attempts":1,"order_id":"F1-2","filled":40,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:00:03+05:30","answered_at":"2026-11-20T12:00:03+05:30","queued_at":"2026-11-20T12:00:03+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":1,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(3,1,'F1','CT80OXKTAMUTDWJ','unknown','{"id":3,"execution_id":1,"order_key":"U1","follower":"F1","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CT80OXKTAMUTDWJ"},"state":"unknown","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":"HTTP 502","needs_clean_book":false,"sent_at":"2026-11-20T12:00:03+05:30","answered_at":null,"queued_at":"2026-11-20T12:00:03+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":2,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(4,1,'F2','CT8BHR4LY4JTH9H','filled','{"id":4,"execution_id":1,"order_key":"U1","follower":"F2","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":100,"price":"102","tag":"CT8BHR4LY4JTH9H"},"state":"filled","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03.366667+05:30","dry_run":false,"attempts":1,"order_id":"F2-1","filled":100,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:00:03+05:30","answered_at":"2026-11-20T12:00:03+05:30","queued_at":"2026-11-20T12:00:03+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(5,1,'F2','CT4N2IU00IKM0P3','failed','{"id":5,"execution_id":1,"order_key":"U1","follower":"F2","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":100,"price":"102","tag":"CT4N2IU00IKM0P3"},"state":"failed","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":0.0,"error":"AB4036: product not allowed","needs_clean_book":false,"sent_at":"2026-11-20T12:00:03+05:30","answered_at":"2026-11-20T12:00:03+05:30","queued_at":"2026-11-20T12:00:03+05:30","retry":0,"dismissed":true,"exit":null,"slice_number":1,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(6,1,'F2','CT4Q8HVV165O1EP','open','{"id":6,"execution_id":1,"order_key":"U1","follower":"F2","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CT4Q8HVV165O1EP"},"state":"open","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03.366667+05:30","dry_run":false,"attempts":1,"order_id":"F2-3","filled":0,"average_price":"0","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:00:03+05:30","answered_at":"2026-11-20T12:00:03+05:30","queued_at":"2026-11-20T12:00:03+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":2,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(7,1,'F2','CTTF5P2W528NI9Q','open','{"id":7,"execution_id":1,"order_key":"U1","follower":"F2","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":100,"price":"102","tag":"CTTF5P2W528NI9Q"},"state":"open","created_at":"2026-11-20T12:00:06+05:30","changed_at":"2026-11-20T12:00:07.100000+05:30","dry_run":false,"attempts":1,"order_id":"F2-4","filled":0,"average_price":"0","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:00:06+05:30","answered_at":"2026-11-20T12:00:06+05:30","queued_at":"2026-11-20T12:00:06+05:30","retry":1,"dismissed":false,"exit":null,"slice_number":1,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(8,2,'F1','CTDR7Q0456DBW83','unknown','{"id":8,"execution_id":2,"order_key":"U2","follower":"F1","order":{"exchange":"NSE","symbol":"RELIANCE-EQ","token":"1774","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTDR7Q0456DBW83"},"state":"unknown","created_at":"2026-11-20T12:00:12+05:30","changed_at":"2026-11-20T12:00:12+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":"HTTP 502","needs_clean_book":false,"sent_at":"2026-11-20T12:00:12+05:30","answered_at":null,"queued_at":"2026-11-20T12:00:12+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(9,2,'F2','CTT6MZD67OSQ92F','failed','{"id":9,"execution_id":2,"order_key":"U2","follower":"F2","order":{"exchange":"NSE","symbol":"RELIANCE-EQ","token":"1774","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTT6MZD67OSQ92F"},"state":"failed","created_at":"2026-11-20T12:00:12+05:30","changed_at":"2026-11-20T12:00:12+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":0.0,"error":"AB1013: trading in this scrip is blocked","needs_clean_book":false,"sent_at":"2026-11-20T12:00:12+05:30","answered_at":"2026-11-20T12:00:12+05:30","queued_at":"2026-11-20T12:00:12+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(10,3,'F1','CTZEZ6SRAJHBDQL','queued','{"id":10,"execution_id":3,"order_key":"U3","follower":"F1","order":{"exchange":"NSE","symbol":"RELIANCE-EQ","token":"1774","side":"SELL","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTZEZ6SRAJHBDQL"},"state":"queued","created_at":"2026-11-20T12:00:15+05:30","changed_at":"2026-11-20T12:00:15+05:30","dry_run":false,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":"2026-11-20T12:00:15+05:30","retry":0,"dismissed":false,"exit":{"closing":50,"held":50},"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(11,4,'F1','CTYH4LKOJRLLYHU','failed','{"id":11,"execution_id":4,"order_key":"U4","follower":"F1","order":{"exchange":"NSE","symbol":"TCS-EQ","token":"1429","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTYH4LKOJRLLYHU"},"state":"failed","created_at":"2026-11-20T12:00:21+05:30","changed_at":"2026-11-20T12:00:22+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":"marked as not placed by hand","needs_clean_book":false,"sent_at":"2026-11-20T12:00:21+05:30","answered_at":null,"queued_at":"2026-11-20T12:00:21+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(12,4,'F2','CT2ZCYG2Y1KCZI9','failed','{"id":12,"execution_id":4,"order_key":"U4","follower":"F2","order":{"exchange":"NSE","symbol":"TCS-EQ","token":"1429","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CT2ZCYG2Y1KCZI9"},"state":"failed","created_at":"2026-11-20T12:00:21+05:30","changed_at":"2026-11-20T12:00:21+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":0.0,"error":"AB4036: product not allowed","needs_clean_book":false,"sent_at":"2026-11-20T12:00:21+05:30","answered_at":"2026-11-20T12:00:21+05:30","queued_at":"2026-11-20T12:00:21+05:30","retry":0,"dismissed":true,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(13,5,'F1','CTB797K9ZUYYFM8','failed','{"id":13,"execution_id":5,"order_key":"U5","follower":"F1","order":{"exchange":"NSE","symbol":"INFY-EQ","token":"1505","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTB797K9ZUYYFM8"},"state":"failed","created_at":"2026-11-20T12:00:24+05:30","changed_at":"2026-11-20T12:00:24+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":0.0,"error":"AB2001: the order could not be placed","needs_clean_book":false,"sent_at":"2026-11-20T12:00:24+05:30","answered_at":"2026-11-20T12:00:24+05:30","queued_at":"2026-11-20T12:00:24+05:30","retry":0,"dismissed":true,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(14,5,'F2','CTOP10D2UUKL4KQ','failed','{"id":14,"execution_id":5,"order_key":"U5","follower":"F2","order":{"exchange":"NSE","symbol":"INFY-EQ","token":"1505","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTOP10D2UUKL4KQ"},"state":"failed","created_at":"2026-11-20T12:00:24+05:30","changed_at":"2026-11-20T12:00:26+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":"marked as not placed by hand","needs_clean_book":false,"sent_at":"2026-11-20T12:00:24+05:30","answered_at":null,"queued_at":"2026-11-20T12:00:24+05:30","retry":0,"dismissed":true,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(15,5,'F1','CT5Q0JL7QDLY4MZ','filled','{"id":15,"execution_id":5,"order_key":"U5","follower":"F1","order":{"exchange":"NSE","symbol":"INFY-EQ","token":"1505","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CT5Q0JL7QDLY4MZ"},"state":"filled","created_at":"2026-11-20T12:00:26+05:30","changed_at":"2026-11-20T12:00:27.100000+05:30","dry_run":false,"attempts":1,"order_id":"F1-7","filled":50,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:00:26+05:30","answered_at":"2026-11-20T12:00:26+05:30","queued_at":"2026-11-20T12:00:26+05:30","retry":1,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(16,5,'F2','CTJ5GO4QRJJVKLR','open','{"id":16,"execution_id":5,"order_key":"U5","follower":"F2","order":{"exchange":"NSE","symbol":"INFY-EQ","token":"1505","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTJ5GO4QRJJVKLR"},"state":"open","created_at":"2026-11-20T12:00:30+05:30","changed_at":"2026-11-20T12:00:31.100000+05:30","dry_run":false,"attempts":1,"order_id":"F2-8","filled":0,"average_price":"0","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:00:30+05:30","answered_at":"2026-11-20T12:00:30+05:30","queued_at":"2026-11-20T12:00:30+05:30","retry":1,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(17,6,'F1','CT1VJZMNNPM85EK','open','{"id":17,"execution_id":6,"order_key":"flatten:2026-11-20T12:00:34+05:30:6:NSE:INFY-EQ:INTRADAY","follower":"F1","order":{"exchange":"NSE","symbol":"INFY-EQ","token":"1505","side":"SELL","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102.00","tag":"CT1VJZMNNPM85EK"},"state":"open","created_at":"2026-11-20T12:00:34+05:30","changed_at":"2026-11-20T12:00:35.100000+05:30","dry_run":false,"attempts":1,"order_id":"F1-8","filled":0,"average_price":"0","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:00:34+05:30","answered_at":"2026-11-20T12:00:34+05:30","queued_at":"2026-11-20T12:00:34+05:30","retry":0,"dismissed":false,"exit":{"closing":1,"held":1},"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(18,7,'F1','CTWB1QQHZWPBCKQ','failed','{"id":18,"execution_id":7,"order_key":"U6","follower":"F1","order":{"exchange":"NSE","symbol":"LT-EQ","token":"1355","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTWB1QQHZWPBCKQ"},"state":"failed","created_at":"2026-11-20T12:00:39+05:30","changed_at":"2026-11-20T12:01:08+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":"marked as not placed by hand","needs_clean_book":false,"sent_at":"2026-11-20T12:00:39+05:30","answered_at":null,"queued_at":"2026-11-20T12:00:39+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(19,7,'F2','CTNZOGXYSEZ9PYH','unknown','{"id":19,"execution_id":7,"order_key":"U6","follower":"F2","order":{"exchange":"NSE","symbol":"LT-EQ","token":"1355","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTNZOGXYSEZ9PYH"},"state":"unknown","created_at":"2026-11-20T12:00:39+05:30","changed_at":"2026-11-20T12:00:39+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":"time-out","needs_clean_book":false,"sent_at":"2026-11-20T12:00:39+05:30","answered_at":null,"queued_at":"2026-11-20T12:00:39+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    level TEXT NOT NULL,
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    text TEXT NOT NULL,
    order_key TEXT,
    execution_id INTEGER,
    copy_id INTEGER
) STRICT;
INSERT INTO "events" VALUES(1,'2026-11-20T12:00:00+05:30','INFO','session','master','logging in; a TOTP code is used once, so this can take 30 s',NULL,NULL,NULL);
INSERT INTO "events" VALUES(2,'2026-11-20T12:00:00+05:30','INFO','session','master','logged in as M1 (Holder of M1)',NULL,NULL,NULL);
INSERT INTO "events" VALUES(3,'2026-11-20T12:00:00+05:30','INFO','session','Follower 1','logged in as F1 (Holder of F1)',NULL,NULL,NULL);
INSERT INTO "events" VALUES(4,'2026-11-20T12:00:00+05:30','INFO','session','Follower 2','logged in as F2 (Holder of F2)',NULL,NULL,NULL);
INSERT INTO "events" VALUES(5,'2026-11-20T12:00:00+05:30','INFO','watch','master','first look of the day: 0 finished orders noted and not copied, 0 open ones copied when they execute',NULL,NULL,NULL);
INSERT INTO "events" VALUES(6,'2026-11-20T12:00:03+05:30','INFO','decision','master','BUY 250 NIFTY28NOV2624000CE @ 101.50 copied to 2 followers','U1',1,NULL);
INSERT INTO "events" VALUES(7,'2026-11-20T12:00:03+05:30','ERROR','copy','Follower 2','BUY 100 NIFTY28NOV2624000CE limit 102.00 failed (copy 5): AB4036: product not allowed','U1',1,5);
INSERT INTO "events" VALUES(8,'2026-11-20T12:00:03+05:30','WARN','copy','Follower 1','BUY 50 NIFTY28NOV2624000CE limit 102.00 unknown: HTTP 502; looking it up by its tag','U1',1,3);
INSERT INTO "events" VALUES(9,'2026-11-20T12:00:03.366667+05:30','INFO','copy','Follower 1','BUY 100 NIFTY28NOV2624000CE limit 102.00 filled 100/100 @ 102.00','U1',1,1);
INSERT INTO "events" VALUES(10,'2026-11-20T12:00:03.366667+05:30','INFO','copy','Follower 1','BUY 100 NIFTY28NOV2624000CE limit 102.00 part filled 40/100 @ 102.00','U1',1,2);
INSERT INTO "events" VALUES(11,'2026-11-20T12:00:03.366667+05:30','INFO','copy','Follower 2','BUY 100 NIFTY28NOV2624000CE limit 102.00 filled 100/100 @ 102.00','U1',1,4);
INSERT INTO "events" VALUES(12,'2026-11-20T12:00:03.366667+05:30','INFO','copy','Follower 2','BUY 50 NIFTY28NOV2624000CE limit 102.00 open at the exchange','U1',1,6);
INSERT INTO "events" VALUES(13,'2026-11-20T12:00:06+05:30','INFO','copy','Follower 2','BUY 100 NIFTY28NOV2624000CE limit 102.00 tried again by hand','U1',1,7);
INSERT INTO "events" VALUES(14,'2026-11-20T12:00:07.100000+05:30','INFO','copy','Follower 2','BUY 100 NIFTY28NOV2624000CE limit 102.00 open at the exchange','U1',1,7);
INSERT INTO "events" VALUES(15,'2026-11-20T12:00:12+05:30','INFO','decision','master','BUY 50 RELIANCE-EQ @ 101.50 copied to 2 followers','U2',2,NULL);
INSERT INTO "events" VALUES(16,'2026-11-20T12:00:12+05:30','WARN','copy','Follower 1','BUY 50 RELIANCE-EQ limit 102.00 unknown: HTTP 502; looking it up by its tag','U2',2,8);
INSERT INTO "events" VALUES(17,'2026-11-20T12:00:12+05:30','ERROR','copy','Follower 2','BUY 50 RELIANCE-EQ limit 102.00 failed (copy 9): AB1013: trading in this scrip is blocked','U2',2,9);
INSERT INTO "events" VALUES(18,'2026-11-20T12:00:15+05:30','INFO','decision','master','SELL 50 RELIANCE-EQ @ 101.50 copied to 1 follower','U3',3,NULL);
INSERT INTO "events" VALUES(19,'2026-11-20T12:00:15+05:30','INFO','decision','Follower 2','SELL 50 RELIANCE-EQ @ 101.50 skipped: copying has built nothing here that could be closed','U3',3,NULL);
INSERT INTO "events" VALUES(20,'2026-11-20T12:00:21+05:30','INFO','decision','master','BUY 50 TCS-EQ @ 101.50 copied to 2 followers','U4',4,NULL);
INSERT INTO "events" VALUES(21,'2026-11-20T12:00:21+05:30','WARN','copy','Follower 1','BUY 50 TCS-EQ limit 102.00 unknown: HTTP 502; looking it up by its tag','U4',4,11);
INSERT INTO "events" VALUES(22,'2026-11-20T12:00:21+05:30','ERROR','copy','Follower 2','BUY 50 TCS-EQ limit 102.00 failed (copy 12): AB4036: product not allowed','U4',4,12);
INSERT INTO "events" VALUES(23,'2026-11-20T12:00:22+05:30','WARN','copy','Follower 1','BUY 50 TCS-EQ limit 102.00 marked as not placed','U4',4,11);
INSERT INTO "events" VALUES(24,'2026-11-20T12:00:22+05:30','INFO','copy','Follower 2','BUY 50 TCS-EQ limit 102.00 dismissed','U4',4,12);
INSERT INTO "events" VALUES(25,'2026-11-20T12:00:24+05:30','INFO','decision','master','BUY 50 INFY-EQ @ 101.50 copied to 2 followers','U5',5,NULL);
INSERT INTO "events" VALUES(26,'2026-11-20T12:00:24+05:30','ERROR','copy','Follower 1','BUY 50 INFY-EQ limit 102.00 failed (copy 13): AB2001: the order could not be placed','U5',5,13);
INSERT INTO "events" VALUES(27,'2026-11-20T12:00:24+05:30','WARN','copy','Follower 2','BUY 50 INFY-EQ limit 102.00 unknown: HTTP 502; looking it up by its tag','U5',5,14);
INSERT INTO "events" VALUES(28,'2026-11-20T12:00:26+05:30','WARN','copy','Follower 2','BUY 50 INFY-EQ limit 102.00 marked as not placed','U5',5,14);
INSERT INTO "events" VALUES(29,'2026-11-20T12:00:26+05:30','INFO','copy','Follower 1','BUY 50 INFY-EQ limit 102.00 tried again by hand','U5',5,15);
INSERT INTO "events" VALUES(30,'2026-11-20T12:00:27.100000+05:30','INFO','copy','Follower 1','BUY 50 INFY-EQ limit 102.00 filled 50/50 @ 102.00','U5',5,15);
INSERT INTO "events" VALUES(31,'2026-11-20T12:00:30+05:30','INFO','copy','Follower 2','BUY 50 INFY-EQ limit 102.00 tried again by hand','U5',5,16);
INSERT INTO "events" VALUES(32,'2026-11-20T12:00:31.100000+05:30','INFO','copy','Follower 2','BUY 50 INFY-EQ limit 102.00 open at the exchange','U5',5,16);
INSERT INTO "events" VALUES(33,'2026-11-20T12:00:34+05:30','WARN','risk','Follower 1','SELL 50 INFY-EQ limit 102.00 flattened by hand (last price 103.00)','flatten:2026-11-20T12:00:34+05:30:6:NSE:INFY-EQ:INTRADAY',6,17);
INSERT INTO "events" VALUES(34,'2026-11-20T12:00:34+05:30','WARN','risk','copytui','flattening 1 position',NULL,NULL,NULL);
INSERT INTO "events" VALUES(35,'2026-11-20T12:00:35.100000+05:30','INFO','copy','Follower 1','SELL 50 INFY-EQ limit 102.00 open at the exchange','flatten:2026-11-20T12:00:34+05:30:6:NSE:INFY-EQ:INTRADAY',6,17);
INSERT INTO "events" VALUES(36,'2026-11-20T12:00:39+05:30','INFO','decision','master','BUY 50 LT-EQ @ 101.50 copied to 2 followers','U6',7,NULL);
INSERT INTO "events" VALUES(37,'2026-11-20T12:00:39+05:30','WARN','copy','Follower 1','BUY 50 LT-EQ limit 102.00 unknown: time-out; looking it up by its tag','U6',7,18);
INSERT INTO "events" VALUES(38,'2026-11-20T12:00:39+05:30','WARN','copy','Follower 2','BUY 50 LT-EQ limit 102.00 unknown: time-out; looking it up by its tag','U6',7,19);
INSERT INTO "events" VALUES(39,'2026-11-20T12:01:08+05:30','WARN','copy','Follower 1','BUY 50 LT-EQ limit 102.00 marked as not placed','U6',7,18);
CREATE TABLE executions (
    id INTEGER PRIMARY KEY,
    master TEXT NOT NULL,
    day TEXT NOT NULL,
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    origin TEXT NOT NULL,
    executed_at TEXT,
    seen_at TEXT NOT NULL,
    row TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT,
    sentence TEXT NOT NULL,
    plans TEXT NOT NULL,
    settled INTEGER NOT NULL,
    UNIQUE (master, day, key, number)
) STRICT;
INSERT INTO "executions" VALUES(1,'M1','2026-11-20','U1',1,250,'seen','2026-11-20T12:00:00+05:30','2026-11-20T12:00:03+05:30','{"key":"U1","order_id":"000001","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":250,"filled":250,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-20T12:00:00+05:30"}','copied',NULL,'copied to 2 followers','[["F1","Follower 1",250,null,"",null],["F2","Follower 2",250,null,"",null]]',1);
INSERT INTO "executions" VALUES(2,'M1','2026-11-20','U2',1,50,'seen','2026-11-20T12:00:10+05:30','2026-11-20T12:00:12+05:30','{"key":"U2","order_id":"000002","exchange":"NSE","symbol":"RELIANCE-EQ","token":"1774","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:10+05:30"}','copied',NULL,'copied to 2 followers','[["F1","Follower 1",50,null,"",null],["F2","Follower 2",50,null,"",null]]',1);
INSERT INTO "executions" VALUES(3,'M1','2026-11-20','U3',1,50,'seen','2026-11-20T12:00:14+05:30','2026-11-20T12:00:15+05:30','{"key":"U3","order_id":"000003","exchange":"NSE","symbol":"RELIANCE-EQ","token":"1774","side":"SELL","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:14+05:30"}','copied',NULL,'copied to 1 follower','[["F1","Follower 1",50,null,"",[50,50]],["F2","Follower 2",0,"nothing_to_close","copying has built nothing here that could be closed",[50,50]]]',1);
INSERT INTO "executions" VALUES(4,'M1','2026-11-20','U4',1,50,'seen','2026-11-20T12:00:18+05:30','2026-11-20T12:00:21+05:30','{"key":"U4","order_id":"000004","exchange":"NSE","symbol":"TCS-EQ","token":"1429","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:18+05:30"}','copied',NULL,'copied to 2 followers','[["F1","Follower 1",50,null,"",null],["F2","Follower 2",50,null,"",null]]',1);
INSERT INTO "executions" VALUES(5,'M1','2026-11-20','U5',1,50,'seen','2026-11-20T12:00:22+05:30','2026-11-20T12:00:24+05:30','{"key":"U5","order_id":"000005","exchange":"NSE","symbol":"INFY-EQ","token":"1505","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:22+05:30"}','copied',NULL,'copied to 2 followers','[["F1","Follower 1",50,null,"",null],["F2","Follower 2",50,null,"",null]]',1);
INSERT INTO "executions" VALUES(6,'M1','2026-11-20','flatten:2026-11-20T12:00:34+05:30:6:NSE:INFY-EQ:INTRADAY',1,50,'by_hand','2026-11-20T12:00:34+05:30','2026-11-20T12:00:34+05:30','{"key":"flatten:2026-11-20T12:00:34+05:30:6:NSE:INFY-EQ:INTRADAY","order_id":"flatten-120034-6","exchange":"NSE","symbol":"INFY-EQ","token":"1505","side":"SELL","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"0","trigger_price":"0","average_price":"103","stage":"complete","status":"flattened by hand","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:34+05:30"}','copied','flatten','flattened by hand','[["F1","Follower 1",50,null,"",[1,1]]]',1);
INSERT INTO "executions" VALUES(7,'M1','2026-11-20','U6',1,50,'seen','2026-11-20T12:00:38+05:30','2026-11-20T12:00:39+05:30','{"key":"U6","order_id":"000006","exchange":"NSE","symbol":"LT-EQ","token":"1355","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:38+05:30"}','copied',NULL,'copied to 2 followers','[["F1","Follower 1",50,null,"",null],["F2","Follower 2",50,null,"",null]]',1);
CREATE TABLE exit_times (
        execution_id INTEGER PRIMARY KEY REFERENCES executions (id),
        decided_at TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "exit_times" VALUES(3,'2026-11-20T12:00:15+05:30');
INSERT INTO "exit_times" VALUES(6,'2026-11-20T12:00:34+05:30');
CREATE TABLE exits (
        execution_id INTEGER PRIMARY KEY REFERENCES executions (id),
        closing INTEGER NOT NULL,
        held INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "exits" VALUES(3,50,50);
INSERT INTO "exits" VALUES(6,50,50);
CREATE TABLE followers (client_id TEXT PRIMARY KEY, halted_because TEXT NOT NULL) STRICT;
CREATE TABLE looks (
    master TEXT NOT NULL,
    day TEXT NOT NULL,
    first_at TEXT NOT NULL,
    PRIMARY KEY (master, day)
) STRICT;
INSERT INTO "looks" VALUES('M1','2026-11-20','2026-11-20T12:00:00+05:30');
CREATE TABLE master_orders (
    master TEXT NOT NULL,
    key TEXT NOT NULL,
    day TEXT NOT NULL,
    origin TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    counted INTEGER NOT NULL,
    executions INTEGER NOT NULL,
    row TEXT NOT NULL,
    PRIMARY KEY (master, key)
) STRICT;
INSERT INTO "master_orders" VALUES('M1','U1','2026-11-20','seen','2026-11-20T12:00:03+05:30',250,1,'{"key":"U1","order_id":"000001","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":250,"filled":250,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-20T12:00:00+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U2','2026-11-20','seen','2026-11-20T12:00:12+05:30',50,1,'{"key":"U2","order_id":"000002","exchange":"NSE","symbol":"RELIANCE-EQ","token":"1774","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:10+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U3','2026-11-20','seen','2026-11-20T12:00:15+05:30',50,1,'{"key":"U3","order_id":"000003","exchange":"NSE","symbol":"RELIANCE-EQ","token":"1774","side":"SELL","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:14+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U4','2026-11-20','seen','2026-11-20T12:00:21+05:30',50,1,'{"key":"U4","order_id":"000004","exchange":"NSE","symbol":"TCS-EQ","token":"1429","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:18+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U5','2026-11-20','seen','2026-11-20T12:00:24+05:30',50,1,'{"key":"U5","order_id":"000005","exchange":"NSE","symbol":"INFY-EQ","token":"1505","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:22+05:30"}');
INSERT INTO "master_orders" VALUES('M1','flatten:2026-11-20T12:00:34+05:30:6:NSE:INFY-EQ:INTRADAY','2026-11-20','by_hand','2026-11-20T12:00:34+05:30',50,1,'{"key":"flatten:2026-11-20T12:00:34+05:30:6:NSE:INFY-EQ:INTRADAY","order_id":"flatten-120034-6","exchange":"NSE","symbol":"INFY-EQ","token":"1505","side":"SELL","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"0","trigger_price":"0","average_price":"103","stage":"complete","status":"flattened by hand","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:34+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U6','2026-11-20','seen','2026-11-20T12:00:39+05:30',50,1,'{"key":"U6","order_id":"000006","exchange":"NSE","symbol":"LT-EQ","token":"1355","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:38+05:30"}');
CREATE TABLE positions (
        account TEXT NOT NULL,
        master TEXT NOT NULL,
        exchange TEXT NOT NULL,
        symbol TEXT NOT NULL,
        product TEXT NOT NULL,
        day TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        owed TEXT NOT NULL,
        PRIMARY KEY (account, master, exchange, symbol, product)
    ) STRICT
    ;
INSERT INTO "positions" VALUES('M1','M1','NFO','NIFTY28NOV2624000CE','INTRADAY','2026-11-20',250,'0');
INSERT INTO "positions" VALUES('F1','M1','NFO','NIFTY28NOV2624000CE','INTRADAY','2026-11-20',140,'0');
INSERT INTO "positions" VALUES('F2','M1','NFO','NIFTY28NOV2624000CE','INTRADAY','2026-11-20',100,'0');
INSERT INTO "positions" VALUES('M1','M1','NSE','TCS-EQ','INTRADAY','2026-11-20',50,'0');
INSERT INTO "positions" VALUES('M1','M1','NSE','INFY-EQ','INTRADAY','2026-11-20',50,'0');
INSERT INTO "positions" VALUES('F1','M1','NSE','INFY-EQ','INTRADAY','2026-11-20',50,'0');
INSERT INTO "positions" VALUES('M1','M1','NSE','LT-EQ','INTRADAY','2026-11-20',50,'0');
CREATE TABLE requests (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        command TEXT NOT NULL,
        argument INTEGER NOT NULL,
        taken_at TEXT,
        answered_at TEXT,
        answer TEXT
    ) STRICT
    ;
CREATE TABLE switches (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE INDEX copies_by_state ON copies (state);
CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',39);
COMMIT;
