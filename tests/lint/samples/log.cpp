// path: tftpd/sample.cpp
void good() {
    log(Level::info, "transfer-done", {{"bytes", "1"}});
    log(Level::info, "Transfer done", {}); // <-- log-event
    // log(Level::info, "Not Code");
}
