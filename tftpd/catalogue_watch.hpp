// Keeps the catalogue fresh: inotify on every folder of the tree, on a thread of its own. After a
// change it waits until the tree is quiet (or has been busy for long enough), scans it whole and
// publishes the new catalogue; a lost or overflown event costs nothing, for every scan is a full
// one. Where a folder cannot be watched, it scans at intervals instead and says so.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/fd.hpp"
#include "tftpd/catalogue.hpp"

namespace plugtone::tftpd {

struct WatchTiming {
    std::chrono::milliseconds quiet{50};       // without a change, before a scan
    std::chrono::milliseconds busy_most{500};  // of changes, before a scan
    std::chrono::milliseconds unwatched{5000}; // between scans of what cannot be watched
};

class CatalogueWatch {
public:
    // After each scan that succeeded, on the watch's thread (the first: on the constructor's).
    using OnScan = std::function<void(const std::shared_ptr<const Catalogue>&)>;

    // Scans once before it returns; a tree that cannot be read is logged, and scanned again later.
    // in_use must outlive this object.
    CatalogueWatch(std::string root, CatalogueInUse& in_use, OnScan on_scan = {},
                   WatchTiming timing = {});
    CatalogueWatch(const CatalogueWatch&) = delete;
    CatalogueWatch& operator=(const CatalogueWatch&) = delete;
    ~CatalogueWatch();

    // Scan now; any thread.
    void rescan();

private:
    using Clock = std::chrono::steady_clock;

    void run();
    void scan();
    Result<Catalogue> scan_and_watch();
    // Logs a trouble once, not at each scan.
    void complain(const std::string& trouble);
    // How long to wait, -1 for ever.
    int poll_timeout_ms() const;
    void log_scan(const Catalogue& catalogue);

    std::string root_;
    CatalogueInUse& in_use_;
    OnScan on_scan_;
    WatchTiming timing_;
    Fd watch_;
    bool watch_is_complete_ = false;
    bool changed_ = false;
    Clock::time_point changed_since_;
    std::vector<std::string> problems_logged_;
    std::string trouble_logged_;
    Fd wake_; // eventfd
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

} // namespace plugtone::tftpd
