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
INSERT INTO "copies" VALUES(1,1,'F1','CT4CRJRICR8ZBF0','simulated','{"id":1,"execution_id":1,"order_key":"U1","follower":"F1","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":100,"price":"102","tag":"CT4CRJRICR8ZBF0"},"state":"simulated","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03+05:30","dry_run":true,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":null,"retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(2,1,'F1','CTM9R6Z9F5RT5UF','simulated','{"id":2,"execution_id":1,"order_key":"U1","follower":"F1","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":100,"price":"102","tag":"CTM9R6Z9F5RT5UF"},"state":"simulated","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03+05:30","dry_run":true,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":null,"retry":0,"dismissed":false,"exit":null,"slice_number":1,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(3,1,'F1','CT80OXKTAMUTDWJ','simulated','{"id":3,"execution_id":1,"order_key":"U1","follower":"F1","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CT80OXKTAMUTDWJ"},"state":"simulated","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03+05:30","dry_run":true,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":null,"retry":0,"dismissed":false,"exit":null,"slice_number":2,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(4,1,'F2','CT8BHR4LY4JTH9H','simulated','{"id":4,"execution_id":1,"order_key":"U1","follower":"F2","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":100,"price":"102","tag":"CT8BHR4LY4JTH9H"},"state":"simulated","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03+05:30","dry_run":true,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":null,"retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(5,1,'F2','CT4N2IU00IKM0P3','simulated','{"id":5,"execution_id":1,"order_key":"U1","follower":"F2","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":100,"price":"102","tag":"CT4N2IU00IKM0P3"},"state":"simulated","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03+05:30","dry_run":true,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":null,"retry":0,"dismissed":false,"exit":null,"slice_number":1,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(6,1,'F2','CT4Q8HVV165O1EP','simulated','{"id":6,"execution_id":1,"order_key":"U1","follower":"F2","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CT4Q8HVV165O1EP"},"state":"simulated","created_at":"2026-11-20T12:00:03+05:30","changed_at":"2026-11-20T12:00:03+05:30","dry_run":true,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":null,"retry":0,"dismissed":false,"exit":null,"slice_number":2,"slices":3,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(7,2,'F1','CTPF81EEKPDVT2I','simulated','{"id":7,"execution_id":2,"order_key":"U2","follower":"F1","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"SELL","order_type":"LIMIT","product":"INTRADAY","quantity":100,"price":"102","tag":"CTPF81EEKPDVT2I"},"state":"simulated","created_at":"2026-11-20T12:00:06+05:30","changed_at":"2026-11-20T12:00:06+05:30","dry_run":true,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":null,"retry":0,"dismissed":false,"exit":{"closing":100,"held":250},"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(8,2,'F2','CTG2IQVDRH9JTBL','simulated','{"id":8,"execution_id":2,"order_key":"U2","follower":"F2","order":{"exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"SELL","order_type":"LIMIT","product":"INTRADAY","quantity":100,"price":"102","tag":"CTG2IQVDRH9JTBL"},"state":"simulated","created_at":"2026-11-20T12:00:06+05:30","changed_at":"2026-11-20T12:00:06+05:30","dry_run":true,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":null,"retry":0,"dismissed":false,"exit":{"closing":100,"held":250},"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(9,3,'F1','CTZEZ6SRAJHBDQL','simulated','{"id":9,"execution_id":3,"order_key":"U3","follower":"F1","order":{"exchange":"NSE","symbol":"SBIN-EQ","token":"1495","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTZEZ6SRAJHBDQL"},"state":"simulated","created_at":"2026-11-20T12:00:09+05:30","changed_at":"2026-11-20T12:00:09+05:30","dry_run":true,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":null,"retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(10,3,'F2','CTBOQW5WMHV0A3P','simulated','{"id":10,"execution_id":3,"order_key":"U3","follower":"F2","order":{"exchange":"NSE","symbol":"SBIN-EQ","token":"1495","side":"BUY","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTBOQW5WMHV0A3P"},"state":"simulated","created_at":"2026-11-20T12:00:09+05:30","changed_at":"2026-11-20T12:00:09+05:30","dry_run":true,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":null,"retry":0,"dismissed":false,"exit":null,"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(11,4,'F1','CTYH4LKOJRLLYHU','simulated','{"id":11,"execution_id":4,"order_key":"U4","follower":"F1","order":{"exchange":"NSE","symbol":"SBIN-EQ","token":"1495","side":"SELL","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CTYH4LKOJRLLYHU"},"state":"simulated","created_at":"2026-11-20T12:00:15+05:30","changed_at":"2026-11-20T12:00:15+05:30","dry_run":true,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":null,"retry":0,"dismissed":false,"exit":{"closing":50,"held":50},"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
INSERT INTO "copies" VALUES(12,4,'F2','CT2ZCYG2Y1KCZI9','simulated','{"id":12,"execution_id":4,"order_key":"U4","follower":"F2","order":{"exchange":"NSE","symbol":"SBIN-EQ","token":"1495","side":"SELL","order_type":"LIMIT","product":"INTRADAY","quantity":50,"price":"102","tag":"CT2ZCYG2Y1KCZI9"},"state":"simulated","created_at":"2026-11-20T12:00:15+05:30","changed_at":"2026-11-20T12:00:15+05:30","dry_run":true,"attempts":0,"order_id":null,"filled":0,"average_price":"0","latency_ms":null,"error":null,"needs_clean_book":false,"sent_at":null,"answered_at":null,"queued_at":null,"retry":0,"dismissed":false,"exit":{"closing":50,"held":50},"slice_number":0,"slices":1,"withdrawn":null,"reprices":0}');
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
INSERT INTO "events" VALUES(6,'2026-11-20T12:00:03+05:30','INFO','decision','master','BUY 250 NIFTY28NOV2624000CE @ 101.50 dry run: would be copied to 2 followers','U1',1,NULL);
INSERT INTO "events" VALUES(7,'2026-11-20T12:00:06+05:30','INFO','decision','master','SELL 100 NIFTY28NOV2624000CE @ 101.50 dry run: would be copied to 2 followers','U2',2,NULL);
INSERT INTO "events" VALUES(8,'2026-11-20T12:00:09+05:30','INFO','decision','master','BUY 50 SBIN-EQ @ 101.50 dry run: would be copied to 2 followers','U3',3,NULL);
INSERT INTO "events" VALUES(9,'2026-11-20T12:00:15+05:30','INFO','decision','master','SELL 50 SBIN-EQ @ 101.50 dry run: would be copied to 2 followers','U4',4,NULL);
INSERT INTO "events" VALUES(10,'2026-11-20T12:00:18+05:30','WARN','decision','master','#5 BUY 50 ITC-EQ @ 101.50 missed: seen 102 s after it executed, more than 60 s','U5',5,NULL);
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
INSERT INTO "executions" VALUES(1,'M1','2026-11-20','U1',1,250,'seen','2026-11-20T12:00:00+05:30','2026-11-20T12:00:03+05:30','{"key":"U1","order_id":"000001","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":250,"filled":250,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-20T12:00:00+05:30"}','simulated',NULL,'dry run: would be copied to 2 followers','[["F1","Follower 1",250,null,"",null],["F2","Follower 2",250,null,"",null]]',1);
INSERT INTO "executions" VALUES(2,'M1','2026-11-20','U2',1,100,'seen','2026-11-20T12:00:04+05:30','2026-11-20T12:00:06+05:30','{"key":"U2","order_id":"000002","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"SELL","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":100,"filled":100,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-20T12:00:04+05:30"}','simulated',NULL,'dry run: would be copied to 2 followers','[["F1","Follower 1",100,null,"",[100,250]],["F2","Follower 2",100,null,"",[100,250]]]',1);
INSERT INTO "executions" VALUES(3,'M1','2026-11-20','U3',1,50,'seen','2026-11-20T12:00:08+05:30','2026-11-20T12:00:09+05:30','{"key":"U3","order_id":"000003","exchange":"NSE","symbol":"SBIN-EQ","token":"1495","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:08+05:30"}','simulated',NULL,'dry run: would be copied to 2 followers','[["F1","Follower 1",50,null,"",null],["F2","Follower 2",50,null,"",null]]',1);
INSERT INTO "executions" VALUES(4,'M1','2026-11-20','U4',1,50,'seen','2026-11-20T12:00:12+05:30','2026-11-20T12:00:15+05:30','{"key":"U4","order_id":"000004","exchange":"NSE","symbol":"SBIN-EQ","token":"1495","side":"SELL","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:12+05:30"}','simulated',NULL,'dry run: would be copied to 2 followers','[["F1","Follower 1",50,null,"",[50,50]],["F2","Follower 2",50,null,"",[50,50]]]',1);
INSERT INTO "executions" VALUES(5,'M1','2026-11-20','U5',1,50,'seen','2026-11-20T11:58:36+05:30','2026-11-20T12:00:18+05:30','{"key":"U5","order_id":"000005","exchange":"NSE","symbol":"ITC-EQ","token":"1419","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T11:58:36+05:30"}','missed','too_old','seen 102 s after it executed, more than 60 s','[]',0);
CREATE TABLE exit_times (
        execution_id INTEGER PRIMARY KEY REFERENCES executions (id),
        decided_at TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "exit_times" VALUES(2,'2026-11-20T12:00:06+05:30');
INSERT INTO "exit_times" VALUES(4,'2026-11-20T12:00:15+05:30');
CREATE TABLE exits (
        execution_id INTEGER PRIMARY KEY REFERENCES executions (id),
        closing INTEGER NOT NULL,
        held INTEGER NOT NULL
    ) STRICT
    ;
INSERT INTO "exits" VALUES(2,100,250);
INSERT INTO "exits" VALUES(4,50,50);
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
INSERT INTO "master_orders" VALUES('M1','U2','2026-11-20','seen','2026-11-20T12:00:06+05:30',100,1,'{"key":"U2","order_id":"000002","exchange":"NFO","symbol":"NIFTY28NOV2624000CE","token":"43210","side":"SELL","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":100,"filled":100,"lot_size":50,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"OPTIDX","updated_at":"2026-11-20T12:00:04+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U3','2026-11-20','seen','2026-11-20T12:00:09+05:30',50,1,'{"key":"U3","order_id":"000003","exchange":"NSE","symbol":"SBIN-EQ","token":"1495","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:08+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U4','2026-11-20','seen','2026-11-20T12:00:15+05:30',50,1,'{"key":"U4","order_id":"000004","exchange":"NSE","symbol":"SBIN-EQ","token":"1495","side":"SELL","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T12:00:12+05:30"}');
INSERT INTO "master_orders" VALUES('M1','U5','2026-11-20','seen','2026-11-20T12:00:18+05:30',50,1,'{"key":"U5","order_id":"000005","exchange":"NSE","symbol":"ITC-EQ","token":"1419","side":"BUY","order_type":"LIMIT","product":"INTRADAY","variety":"NORMAL","duration":"DAY","quantity":50,"filled":50,"lot_size":1,"price":"102","trigger_price":"0","average_price":"101.5","stage":"complete","status":"complete","text":"","tag":"","parent_id":"","instrument_type":"","updated_at":"2026-11-20T11:58:36+05:30"}');
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
INSERT INTO "positions" VALUES('M1','M1','NFO','NIFTY28NOV2624000CE','INTRADAY','2026-11-20',150,'0');
INSERT INTO "positions" VALUES('M1','M1','NSE','ITC-EQ','INTRADAY','2026-11-20',50,'0');
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
INSERT INTO "sqlite_sequence" VALUES('events',10);
COMMIT;
