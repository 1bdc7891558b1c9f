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
INSERT INTO "account_days" VALUES('F1','2026-11-21','funds','100000');
INSERT INTO "account_days" VALUES('F2','2026-11-21','funds','100000');
CREATE TABLE copies (
    id INTEGER PRIMARY KEY,
    execution_id INTEGER NOT NULL REFERENCES executions (id),
    follower TEXT NOT NULL,
    tag TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
INSERT INTO "copies" VALUES(1,1,'F1','CTT0P7TD7PN07HS','filled','{"id":1,"execution_id":1,"order_key":"U1","follower":"F1","order":{"exchange":"NSE","symbol":"OLDCO-EQ","token":"1564","side":"BUY","order_type":"LIMIT","product":"DELIVERY","quantity":50,"price":"102","tag":"CTT0P7TD7PN07HS"},"state":"filled","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03.366667+05:30","dry_run":false,"attempts":1,"order_id":"F1-1","filled":50,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:00:03+05:30","answered_at":"2026-11-20T12:00:03+05:30","queued_at":"2026-11-20T12:00:03+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(2,1,'F2','CTZHRDB5AXUNBP5','filled','{"id":2,"execution_id":1,"order_key":"U1","follower":"F2","order":{"exchange":"NSE","symbol":"OLDCO-EQ","token":"1564","side":"BUY","order_type":"LIMIT","product":"DELIVERY","quantity":25,"price":"102","tag":"CTZHRDB5AXUNBP5"},"state":"filled","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03.366667+05:30","dry_run":false,"attempts":1,"order_id":"F2-1","filled":25,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:00:03+05:30","answered_at":"2026-11-20T12:00:03+05:30","queued_at":"2026-11-20T12:00:03+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(3,2,'F1','CTPF81EEKPDVT2I','filled','{"id":3,"execution_id":2,"order_key":"U2","follower":"F1","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"CARRYFORWARD","quantity":100,"price":"102","tag":"CTPF81EEKPDVT2I"},"state":"filled","created_at":"2026-11-20T12:01:07+05:30","changed_at":"2026-11-20T12:01:07.366667+05:30","dry_run":false,"attempts":1,"order_id":"F1-2","filled":100,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:01:07+05:30","answered_at":"2026-11-20T12:01:07+05:30","queued_at":"2026-11-20T12:01:07+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(4,2,'F2','CTG2IQVDRH9JTBL','filled','{"id":4,"execution_id":2,"order_key":"U2","follower":"F2","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"CARRYFORWARD","quantity":50,"price":"102","tag":"CTG2IQVDRH9JTBL"},"state":"filled","created_at":"2026-11-20T12:01:07+05:30","changed_at":"2026-11-20T12:01:07.366667+05:30","dry_run":false,"attempts":1,"order_id":"F2-2","filled":50,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:01:07+05:30","answered_at":"2026-11-20T12:01:07+05:30","queued_at":"2026-11-20T12:01:07+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(5,4,'F1','CT5V405V7ZO06MC','open','{"id":5,"execution_id":4,"order_key":"U4","follower":"F1","order":{"exchange":"NFO","symbol":"BANKNIFTY28NOV2652000CE","token":"52000","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":100,"price":"102","tag":"CT5V405V7ZO06MC"},"state":"open","created_at":"2026-11-20T12:01:13+05:30","changed_at":"2026-11-20T12:01:13.366667+05:30","dry_run":false,"attempts":1,"order_id":"F1-3","filled":0,"average_price":"0","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:01:13+05:30","answered_at":"2026-11-20T12:01:13+05:30","queued_at":"2026-11-20T12:01:13+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(6,4,'F2','CTRS1N286X2PRN7','unknown','{"id":6,"execution_id":4,"order_key":"U4","follower":"F2","order":{"exchange":"NFO","symbol":"BANKNIFTY28NOV2652000CE","token":"52000","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTRS1N286X2PRN7"},"state":"unknown","created_at":"2026-11-20T12:01:13+05:30","changed_at":"2026-11-20T12:01:13+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":"HTTP 502","needs_clean_book":false,"sent_at":"2026-11-20T12:01:13+05:30","answered_at":null,"queued_at":"2026-11-20T12:01:13+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(7,5,'F1','CTB797K9ZUYYFM8','failed','{"id":7,"execution_id":5,"order_key":"U5","follower":"F1","order":{"exchange":"NSE","symbol":"SBIN-EQ","token":"1495","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTB797K9ZUYYFM8"},"state":"failed","created_at":"2026-11-20T12:01:19+05:30","changed_at":"2026-11-20T12:01:19+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":0.0,"error":"AB4036: product not allowed","needs_clean_book":false,"sent_at":"2026-11-20T12:01:19+05:30","answered_at":"2026-11-20T12:01:19+05:30","queued_at":"2026-11-20T12:01:19+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(8,5,'F2','CTOP10D2UUKL4KQ','filled','{"id":8,"execution_id":5,"order_key":"U5","follower":"F2","order":{"exchange":"NSE","symbol":"SBIN-EQ","token":"1495","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":25,"price":"102","tag":"CTOP10D2UUKL4KQ"},"state":"filled","created_at":"2026-11-20T12:01:19+05:30","changed_at":"2026-11-20T12:01:20.100000+05:30","dry_run":false,"attempts":1,"order_id":"F2-4","filled":25,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-20T12:01:19+05:30","answered_at":"2026-11-20T12:01:19+05:30","queued_at":"2026-11-20T12:01:19+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(9,7,'F1','CTL4WOFOKI8QQCM','filled','{"id":9,"execution_id":7,"order_key":"U7","follower":"F1","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"CARRYFORWARD","quantity":100,"price":"102","tag":"CTL4WOFOKI8QQCM"},"state":"filled","created_at":"2026-11-21T09:01:36+05:30","changed_at":"2026-11-21T09:01:36.366667+05:30","dry_run":false,"attempts":1,"order_id":"F1-5","filled":100,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-21T09:01:36+05:30","answered_at":"2026-11-21T09:01:36+05:30","queued_at":"2026-11-21T09:01:36+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(10,7,'F2','CTK0812ZUG8XODU','filled','{"id":10,"execution_id":7,"order_key":"U7","follower":"F2","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"CARRYFORWARD","quantity":50,"price":"102","tag":"CTK0812ZUG8XODU"},"state":"filled","created_at":"2026-11-21T09:01:36+05:30","changed_at":"2026-11-21T09:01:36.366667+05:30","dry_run":false,"attempts":1,"order_id":"F2-5","filled":50,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-21T09:01:36+05:30","answered_at":"2026-11-21T09:01:36+05:30","queued_at":"2026-11-21T09:01:36+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(11,8,'F1','CTJA6NWFPATR9Z9','filled','{"id":11,"execution_id":8,"order_key":"U8","follower":"F1","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"SELL","order_type":"LIMIT","product":"CARRYFORWARD","quantity":50,"price":"102","tag":"CTJA6NWFPATR9Z9"},"state":"filled","created_at":"2026-11-21T09:01:39+05:30","changed_at":"2026-11-21T09:01:39.366667+05:30","dry_run":false,"attempts":1,"order_id":"F1-6","filled":50,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-21T09:01:39+05:30","answered_at":"2026-11-21T09:01:39+05:30","queued_at":"2026-11-21T09:01:39+05:30","retry":0,"dismissed":false,"exit":{"closing":50,"held":150},"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(12,9,'F1','CT4Q09JC0LSIP0G','failed','{"id":12,"execution_id":9,"order_key":"U9","follower":"F1","order":{"exchange":"NSE","symbol":"TCS-EQ","token":"1429","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CT4Q09JC0LSIP0G"},"state":"failed","created_at":"2026-11-21T09:01:45+05:30","changed_at":"2026-11-21T09:01:45+05:30","dry_run":false,"attempts":1,"order_id":null,"filled":0,"average_price":"0","latency_ms":0.0,"error":"AB4036: product not allowed","needs_clean_book":false,"sent_at":"2026-11-21T09:01:45+05:30","answered_at":"2026-11-21T09:01:45+05:30","queued_at":"2026-11-21T09:01:45+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(13,9,'F2','CT02Q8PK7TPBCUW','filled','{"id":13,"execution_id":9,"order_key":"U9","follower":"F2","order":{"exchange":"NSE","symbol":"TCS-EQ","token":"1429","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":25,"price":"102","tag":"CT02Q8PK7TPBCUW"},"state":"filled","created_at":"2026-11-21T09:01:45+05:30","changed_at":"2026-11-21T09:01:45.366667+05:30","dry_run":false,"attempts":1,"order_id":"F2-6","filled":25,"average_price":"102","latency_ms":0.0,"error":null,"needs_clean_book":false,"sent_at":"2026-11-21T09:01:45+05:30","answered_at":"2026-11-21T09:01:45+05:30","queued_at":"2026-11-21T09:01:45+05:30","retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
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
INSERT INTO "events" VALUES(6,'2026-11-20T12:00:03+05:30','INFO','decision','master','BUY 50 OLDCO-EQ @ 101.50 copied to 2 followers','U1',1,NULL);
INSERT INTO "events" VALUES(7,'2026-11-20T12:00:03.366667+05:30','INFO','copy','Follower 1','BUY 50 OLDCO-EQ limit 102.00 filled 50/50 @ 102.00','U1',1,1);
INSERT INTO "events" VALUES(8,'2026-11-20T12:00:03.366667+05:30','INFO','copy','Follower 2','BUY 25 OLDCO-EQ limit 102.00 filled 25/25 @ 102.00','U1',1,2);
INSERT INTO "events" VALUES(9,'2026-11-20T12:01:04+05:30','WARN','risk','Follower 1','50 OLDCO-EQ DELIVERY were built from M0, who is not the master any more: close them by hand, or keep them',NULL,NULL,NULL);
INSERT INTO "events" VALUES(10,'2026-11-20T12:01:04+05:30','WARN','risk','Follower 2','25 OLDCO-EQ DELIVERY were built from M0, who is not the master any more: close them by hand, or keep them',NULL,NULL,NULL);
INSERT INTO "events" VALUES(11,'2026-11-20T12:01:04+05:30','INFO','session','master','logging in; a TOTP code is used once, so this can take 30 s',NULL,NULL,NULL);
INSERT INTO "events" VALUES(12,'2026-11-20T12:01:04+05:30','INFO','session','master','logged in as M1 (Holder of M1)',NULL,NULL,NULL);
INSERT INTO "events" VALUES(13,'2026-11-20T12:01:04+05:30','INFO','session','Follower 1','logged in as F1 (Holder of F1)',NULL,NULL,NULL);
INSERT INTO "events" VALUES(14,'2026-11-20T12:01:04+05:30','ERROR','copy','Follower 1','BUY OLDCO-EQ: order F1-1 carries a copytui tag that the journal does not know; not touched',NULL,NULL,NULL);
INSERT INTO "events" VALUES(15,'2026-11-20T12:01:04+05:30','INFO','session','Follower 2','logged in as F2 (Holder of F2)',NULL,NULL,NULL);
INSERT INTO "events" VALUES(16,'2026-11-20T12:01:04+05:30','ERROR','copy','Follower 2','BUY OLDCO-EQ: order F2-1 carries a copytui tag that the journal does not know; not touched',NULL,NULL,NULL);
INSERT INTO "events" VALUES(17,'2026-11-20T12:01:04+05:30','INFO','watch','master','first look of the day: 0 finished orders noted and not copied, 0 open ones copied when they execute',NULL,NULL,NULL);
INSERT INTO "events" VALUES(18,'2026-11-20T12:01:07+05:30','INFO','decision','master','BUY 100 NIFTY28NOV2624000CE @ 101.50 copied to 2 followers','U2',2,NULL);
INSERT INTO "events" VALUES(19,'2026-11-20T12:01:07.366667+05:30','INFO','copy','Follower 1','BUY 100 NIFTY28NOV2624000CE limit 102.00 filled 100/100 @ 102.00','U2',2,3);
INSERT INTO "events" VALUES(20,'2026-11-20T12:01:07.366667+05:30','INFO','copy','Follower 2','BUY 50 NIFTY28NOV2624000CE limit 102.00 filled 50/50 @ 102.00','U2',2,4);
INSERT INTO "events" VALUES(21,'2026-11-20T12:01:08+05:30','INFO','setting','copytui','paused',NULL,NULL,NULL);
INSERT INTO "events" VALUES(22,'2026-11-20T12:01:10+05:30','WARN','decision','master','#3 SELL 50 NIFTY28NOV2624000CE @ 101.50 missed: copying is paused','U3',3,NULL);
INSERT INTO "events" VALUES(23,'2026-11-20T12:01:12+05:30','INFO','setting','copytui','resumed',NULL,NULL,NULL);
INSERT INTO "events" VALUES(24,'2026-11-20T12:01:13+05:30','INFO','decision','master','BUY 100 BANKNIFTY28NOV2652000CE @ 101.50 copied to 2 followers','U4',4,NULL);
INSERT INTO "events" VALUES(25,'2026-11-20T12:01:13+05:30','WARN','copy','Follower 2','BUY 50 BANKNIFTY28NOV2652000CE limit 102.00 unknown: HTTP 502; looking it up by its tag','U4',4,6);
INSERT INTO "events" VALUES(26,'2026-11-20T12:01:13.366667+05:30','INFO','copy','Follower 1','BUY 100 BANKNIFTY28NOV2652000CE limit 102.00 open at the exchange','U4',4,5);
INSERT INTO "events" VALUES(27,'2026-11-20T12:01:19+05:30','INFO','decision','master','BUY 50 SBIN-EQ @ 101.50 copied to 2 followers','U5',5,NULL);
INSERT INTO "events" VALUES(28,'2026-11-20T12:01:19+05:30','ERROR','copy','Follower 1','BUY 50 SBIN-EQ limit 102.00 failed (copy 7): AB4036: product not allowed','U5',5,7);
INSERT INTO "events" VALUES(29,'2026-11-20T12:01:20.100000+05:30','INFO','copy','Follower 2','BUY 25 SBIN-EQ limit 102.00 filled 25/25 @ 102.00','U5',5,8);
INSERT INTO "events" VALUES(30,'2026-11-20T12:01:22+05:30','INFO','watch','master','no quote of ITC-EQ (no quote of NSE 1419): limits without one are not checked against the day''s circuits',NULL,NULL,NULL);
INSERT INTO "events" VALUES(31,'2026-11-21T09:01:24+05:30','ERROR','copy','Follower 2','BUY 50 BANKNIFTY28NOV2652000CE limit 102.00 not found for 120 s: nobody knows whether it exists. Look at the account; copytui goes on looking and never sends it again by itself (copy 6)','U4',4,6);
INSERT INTO "events" VALUES(32,'2026-11-21T09:01:24+05:30','WARN','decision','master','#6 BUY 20 ITC-EQ @ 101.00 missed: its order still worked when it was last seen, on 20 Nov','U6',6,NULL);
INSERT INTO "events" VALUES(33,'2026-11-21T09:01:24+05:30','ERROR','copy','Follower 1','BUY 100 BANKNIFTY28NOV2652000CE limit 102.00 was open when 20 Nov ended, and that day''s order book is gone: look at the account (copy 5)','U4',4,5);
INSERT INTO "events" VALUES(34,'2026-11-21T09:01:24+05:30','ERROR','copy','Follower 2','BUY 50 BANKNIFTY28NOV2652000CE limit 102.00 was unknown when 20 Nov ended, and that day''s order book is gone: look at the account (copy 6)','U4',4,6);
INSERT INTO "events" VALUES(35,'2026-11-21T09:01:24+05:30','INFO','watch','master','first look of the day: 0 finished orders noted and not copied, 0 open ones copied when they execute',NULL,NULL,NULL);
INSERT INTO "events" VALUES(36,'2026-11-21T09:01:36+05:30','INFO','decision','master','BUY 100 NIFTY28NOV2624000CE @ 101.50 copied to 2 followers','U7',7,NULL);
INSERT INTO "events" VALUES(37,'2026-11-21T09:01:36.366667+05:30','INFO','copy','Follower 1','BUY 100 NIFTY28NOV2624000CE limit 102.00 filled 100/100 @ 102.00','U7',7,9);
INSERT INTO "events" VALUES(38,'2026-11-21T09:01:36.366667+05:30','INFO','copy','Follower 2','BUY 50 NIFTY28NOV2624000CE limit 102.00 filled 50/50 @ 102.00','U7',7,10);
INSERT INTO "events" VALUES(39,'2026-11-21T09:01:39+05:30','INFO','decision','master','SELL 50 NIFTY28NOV2624000CE @ 101.50 copied to 1 follower','U8',8,NULL);
INSERT INTO "events" VALUES(40,'2026-11-21T09:01:39+05:30','INFO','decision','Follower 2','SELL 50 NIFTY28NOV2624000CE @ 101.50 skipped: the master closed 50 of 150: of 100 units that is below a lot of 50','U8',8,NULL);
INSERT INTO "events" VALUES(41,'2026-11-21T09:01:39.366667+05:30','INFO','copy','Follower 1','SELL 50 NIFTY28NOV2624000CE limit 102.00 filled 50/50 @ 102.00','U8',8,11);
INSERT INTO "events" VALUES(42,'2026-11-21T09:01:45+05:30','INFO','decision','master','BUY 50 TCS-EQ @ 101.50 copied to 2 followers','U9',9,NULL);
INSERT INTO "events" VALUES(43,'2026-11-21T09:01:45+05:30','ERROR','copy','Follower 1','BUY 50 TCS-EQ limit 102.00 failed (copy 12): AB4036: product not allowed','U9',9,12);
INSERT INTO "events" VALUES(44,'2026-11-21T09:01:45.366667+05:30','INFO','copy','Follower 2','BUY 25 TCS-EQ limit 102.00 filled 25/25 @ 102.00','U9',9,13);
INSERT INTO "events" VALUES(45,'2026-11-21T09:01:46+05:30','WARN','setting','copytui','halted: something looks wrong',NULL,NULL,NULL);
INSERT INTO "events" VALUES(46,'2026-11-21T09:01:48+05:30','WARN','decision','master','#10 BUY 50 LT-EQ @ 101.50 missed: copying is halted','U10',10,NULL);
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
INSERT INTO "executions" VALUES(1,'M0','2026-11-20','U1',1,50,'seen','2026-11-20T12:00:00+05:30','2026-11-20T12:00:03+05:30','{"key":"U1","order_id":"000001","exchange":"NSE","symbol":"OLDCO-EQ","token":"1564","side":"BUY","order_type":"LIMIT","product":"DELIVERY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:00+05:30"}','copied',NULL,'copied to 2 followers','[["F1","Follower 1",50,null,"",null],["F2","Follower 2",25,null,"",null]]',1);
INSERT INTO "executions" VALUES(2,'M1','2026-11-20','U2',1,100,'seen','2026-11-20T12:01:04+05:30','2026-11-20T12:01:07+05:30','{"key":"U2","order_id":"000002","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"CARRYFORWARD","variety":"NORMAL","duration":"DAY","quantity":100,"filled":100,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-20T12:01:04+05:30"}','copied',NULL,'copied to 2 followers','[["F1","Follower 1",100,null,"",null],["F2","Follower 2",50,null,"",null]]',1);
INSERT INTO "executions" VALUES(3,'M1','2026-11-20','U3',1,50,'seen','2026-11-20T12:01:08+05:30','2026-11-20T12:01:10+05:30','{"key":"U3","order_id":"000003","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"SELL","order_type":"LIMIT","product":"CARRYFORWARD","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-20T12:01:08+05:30"}','missed','paused','copying is paused','[]',0);
INSERT INTO "executions" VALUES(4,'M1','2026-11-20','U4',1,100,'seen','2026-11-20T12:01:12+05:30','2026-11-20T12:01:13+05:30','{"key":"U4","order_id":"000004","exchange":"NFO","symbol":"BANKNIFTY28NOV2652000CE","token":"52000","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":100,"filled":100,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-20T12:01:12+05:30"}','copied',NULL,'copied to 2 followers','[["F1","Follower 1",100,null,"",null],["F2","Follower 2",50,null,"",null]]',1);
INSERT INTO "executions" VALUES(5,'M1','2026-11-20','U5',1,50,'seen','2026-11-20T12:01:16+05:30','2026-11-20T12:01:19+05:30','{"key":"U5","order_id":"000005","exchange":"NSE","symbol":"SBIN-EQ","token":"1495","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:01:16+05:30"}','copied',NULL,'copied to 2 followers','[["F1","Follower 1",50,null,"",null],["F2","Follower 2",25,null,"",null]]',1);
INSERT INTO "executions" VALUES(6,'M1','2026-11-20','U6',1,20,'seen','2026-11-20T12:01:20+05:30','2026-11-21T09:01:24+05:30','{"key":"U6","order_id":"000006","exchange":"NSE","symbol":"ITC-EQ","token":"1419","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":60,"filled":20,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101","stage":"working","status":"open","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:01:20+05:30"}','missed','too_old','its order still worked when it was last seen, on 20 Nov','[]',0);
INSERT INTO "executions" VALUES(7,'M1','2026-11-21','U7',1,100,'seen','2026-11-21T09:01:34+05:30','2026-11-21T09:01:36+05:30','{"key":"U7","order_id":"000007","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"CARRYFORWARD","variety":"NORMAL","duration":"DAY","quantity":100,"filled":100,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-21T09:01:34+05:30"}','copied',NULL,'copied to 2 followers','[["F1","Follower 1",100,null,"",null],["F2","Follower 2",50,null,"",null]]',1);
INSERT INTO "executions" VALUES(8,'M1','2026-11-21','U8',1,50,'seen','2026-11-21T09:01:38+05:30','2026-11-21T09:01:39+05:30','{"key":"U8","order_id":"000008","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"SELL","order_type":"LIMIT","product":"CARRYFORWARD","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-21T09:01:38+05:30"}','copied',NULL,'copied to 1 follower','[["F1","Follower 1",50,null,"",[50,150]],["F2","Follower 2",0,"below_one_lot","the master closed 50 of 150: of 100 units that is below a lot of 50",[50,150]]]',1);
INSERT INTO "executions" VALUES(9,'M1','2026-11-21','U9',1,50,'seen','2026-11-21T09:01:42+05:30','2026-11-21T09:01:45+05:30','{"key":"U9","order_id":"000009","exchange":"NSE","symbol":"TCS-EQ","token":"1429","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-21T09:01:42+05:30"}','copied',NULL,'copied to 2 followers','[["F1","Follower 1",50,null,"",null],["F2","Follower 2",25,null,"",null]]',1);
INSERT INTO "executions" VALUES(10,'M1','2026-11-21','U10',1,50,'seen','2026-11-21T09:01:46+05:30','2026-11-21T09:01:48+05:30','{"key":"U10","order_id":"000010","exchange":"NSE","symbol":"LT-EQ","token":"1355","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-21T09:01:46+05:30"}','missed','halted','copying is halted','[]',0);
CREATE TABLE exit_times (
        execution_id INTEGER PRIMARY KEY REFERENCES executions (id),
        decided_at TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "exit_times" VALUES(3,'2026-11-20T12:01:10+05:30');
INSERT INTO "exit_times" VALUES(8,'2026-11-21T09:01:39+05:30');
CREATE TABLE exits (
        execution_id INTEGER PRIMARY KEY REFERENCES executions (id),
        closing INTEGER NOT NULL,
        held INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "exits" VALUES(3,50,100);
INSERT INTO "exits" VALUES(8,50,150);
CREATE TABLE followers (client_id TEXT PRIMARY KEY, halted_because TEXT NOT NULL) STRICT;
CREATE TABLE looks (
    master TEXT NOT NULL,
    day TEXT NOT NULL,
    first_at TEXT NOT NULL,
    PRIMARY KEY (master, day)
) STRICT;
INSERT INTO "looks" VALUES('M0','2026-11-20','2026-11-20T12:00:00+05:30');
INSERT INTO "looks" VALUES('M1','2026-11-20','2026-11-20T12:01:04+05:30');
INSERT INTO "looks" VALUES('M1','2026-11-21','2026-11-21T09:01:24+05:30');
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
INSERT INTO "master_orders" VALUES('M0','U1','2026-11-20','seen','2026-11-20T12:00:03+05:30',50,1,'{"key":"U1","order_id":"000001","exchange":"NSE","symbol":"OLDCO-EQ","token":"1564","side":"BUY","order_type":"LIMIT","product":"DELIVERY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:00+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U2','2026-11-20','seen','2026-11-20T12:01:07+05:30',100,1,'{"key":"U2","order_id":"000002","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"CARRYFORWARD","variety":"NORMAL","duration":"DAY","quantity":100,"filled":100,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-20T12:01:04+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U3','2026-11-20','seen','2026-11-20T12:01:10+05:30',50,1,'{"key":"U3","order_id":"000003","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"SELL","order_type":"LIMIT","product":"CARRYFORWARD","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-20T12:01:08+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U4','2026-11-20','seen','2026-11-20T12:01:13+05:30',100,1,'{"key":"U4","order_id":"000004","exchange":"NFO","symbol":"BANKNIFTY28NOV2652000CE","token":"52000","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":100,"filled":100,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-20T12:01:12+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U5','2026-11-20','seen','2026-11-20T12:01:19+05:30',50,1,'{"key":"U5","order_id":"000005","exchange":"NSE","symbol":"SBIN-EQ","token":"1495","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:01:16+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U6','2026-11-20','seen','2026-11-20T12:01:22+05:30',20,1,'{"key":"U6","order_id":"000006","exchange":"NSE","symbol":"ITC-EQ","token":"1419","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":60,"filled":20,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101","stage":"working","status":"open","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:01:20+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U7','2026-11-21','seen','2026-11-21T09:01:36+05:30',100,1,'{"key":"U7","order_id":"000007","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"CARRYFORWARD","variety":"NORMAL","duration":"DAY","quantity":100,"filled":100,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-21T09:01:34+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U8','2026-11-21','seen','2026-11-21T09:01:39+05:30',50,1,'{"key":"U8","order_id":"000008","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"SELL","order_type":"LIMIT","product":"CARRYFORWARD","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-21T09:01:38+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U9','2026-11-21','seen','2026-11-21T09:01:45+05:30',50,1,'{"key":"U9","order_id":"000009","exchange":"NSE","symbol":"TCS-EQ","token":"1429","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-21T09:01:42+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U10','2026-11-21','seen','2026-11-21T09:01:48+05:30',50,1,'{"key":"U10","order_id":"000010","exchange":"NSE","symbol":"LT-EQ","token":"1355","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-21T09:01:46+05:30"}');
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
INSERT INTO "positions" VALUES('M0','M0','NSE','OLDCO-EQ','DELIVERY','2026-11-20',50,'0');
INSERT INTO "positions" VALUES('F1','M0','NSE','OLDCO-EQ','DELIVERY','2026-11-20',50,'0');
INSERT INTO "positions" VALUES('F2','M0','NSE','OLDCO-EQ','DELIVERY','2026-11-20',25,'0');
INSERT INTO "positions" VALUES('M1','M1','NFO','NIFTY28NOV2624000CE','CARRYFORWARD','2026-11-21',100,'0');
INSERT INTO "positions" VALUES('F2','M1','NFO','NIFTY28NOV2624000CE','CARRYFORWARD','2026-11-21',100,'100/3');
INSERT INTO "positions" VALUES('F1','M1','NFO','NIFTY28NOV2624000CE','CARRYFORWARD','2026-11-21',150,'50/3');
INSERT INTO "positions" VALUES('M1','M1','NSE','TCS-EQ','INTRADAY','2026-11-21',50,'0');
INSERT INTO "positions" VALUES('F2','M1','NSE','TCS-EQ','INTRADAY','2026-11-21',25,'0');
INSERT INTO "positions" VALUES('M1','M1','NSE','LT-EQ','INTRADAY','2026-11-21',50,'0');
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
INSERT INTO "requests" VALUES(1,'2026-11-21T09:01:50+05:30','dismiss_missed',10,NULL,'2026-11-21T09:01:50+05:30','withdrawn');
INSERT INTO "requests" VALUES(2,'2026-11-21T09:01:50+05:30','dismiss_copy',12,NULL,NULL,NULL);
CREATE TABLE switches (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "switches" VALUES('halted','something looks wrong');
CREATE INDEX copies_by_state ON copies (state);
CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',46);
INSERT INTO "sqlite_sequence" VALUES('requests',2);
COMMIT;
