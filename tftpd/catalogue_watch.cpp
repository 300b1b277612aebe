#include "tftpd/catalogue_watch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include "core/base/log.hpp"

namespace plugtone::tftpd {

namespace {

// What changes the set of names. Content alone does not: it is read from the disk at each request.
// Opening and reading are not among them, or a scan would cause the next.
constexpr std::uint32_t changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                  IN_DELETE_SELF | IN_MOVE_SELF | IN_CLOSE_WRITE;

void drain(int descriptor) {
    std::array<char, 16384> buffer{};
    while (::read(descriptor, buffer.data(), buffer.size()) > 0) {
    }
}

} // namespace

CatalogueWatch::CatalogueWatch(std::string root, CatalogueInUse& in_use, OnScan on_scan,
                               WatchTiming timing)
    : root_(std::move(root)), in_use_(in_use), on_scan_(std::move(on_scan)), timing_(timing),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_)
        throw std::system_error(errno, std::generic_category(), "eventfd");
    scan();
    thread_ = std::thread([this] { run(); });
}

CatalogueWatch::~CatalogueWatch() {
    stopping_ = true;
    rescan();
    thread_.join();
}

void CatalogueWatch::rescan() {
    ::eventfd_write(wake_.get(), 1);
}

void CatalogueWatch::run() {
    while (true) {
        std::array<pollfd, 2> ready{pollfd{wake_.get(), POLLIN, 0},
                                    pollfd{watch_.get(), POLLIN, 0}};
        const int count = ::poll(ready.data(), ready.size(), poll_timeout_ms());
        if (stopping_)
            return;
        const bool asked = (ready[0].revents & POLLIN) != 0;
        if (asked)
            drain(wake_.get());
        if ((ready[1].revents & POLLIN) != 0) {
            drain(watch_.get());
            if (!changed_)
                changed_since_ = Clock::now();
            changed_ = true;
        }
        const bool busy_too_long = changed_ && Clock::now() - changed_since_ >= timing_.busy_most;
        if (asked || count == 0 || busy_too_long)
            scan();
    }
}

int CatalogueWatch::poll_timeout_ms() const {
    using std::chrono::milliseconds;
    if (changed_) {
        const auto busy = Clock::now() - changed_since_;
        const auto left = std::chrono::ceil<milliseconds>(timing_.busy_most - busy);
        return static_cast<int>(std::clamp(left, milliseconds(0), timing_.quiet).count());
    }
    return watch_is_complete_ ? -1 : static_cast<int>(timing_.unwatched.count());
}

void CatalogueWatch::complain(const std::string& trouble) {
    if (trouble != trouble_logged_ && !trouble.empty())
        log(Level::error, "catalogue-trouble", {{"reason", trouble}});
    trouble_logged_ = trouble;
}

// A new inotify instance for each scan: it is set up before the folders are read, and the watches
// of folders that are gone go with the old one.
Result<Catalogue> CatalogueWatch::scan_and_watch() {
    Fd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    std::string unwatched = watch ? "" : "inotify: " + std::generic_category().message(errno);
    auto catalogue = Catalogue::build(root_, [&](const std::string& path) {
        if (watch && ::inotify_add_watch(watch.get(), path.c_str(), changes | IN_ONLYDIR) < 0)
            unwatched = path + ": " + std::generic_category().message(errno);
    });
    watch_ = std::move(watch);
    watch_is_complete_ = unwatched.empty() && catalogue.has_value();
    if (!catalogue)
        complain(catalogue.error().message + "; the catalogue before it stays");
    else
        complain(unwatched.empty() ? "" : "cannot watch " + unwatched + "; scanning at intervals");
    return catalogue;
}

void CatalogueWatch::scan() {
    changed_ = false;
    try {
        auto catalogue = scan_and_watch();
        if (!catalogue)
            return;
        log_scan(*catalogue);
        const auto published = std::make_shared<const Catalogue>(std::move(*catalogue));
        in_use_.set(published);
        if (on_scan_)
            on_scan_(published);
    } catch (const std::exception& failure) { // no memory: a firewall, as this is a thread's body
        watch_is_complete_ = false;
        complain(failure.what());
    }
}

void CatalogueWatch::log_scan(const Catalogue& catalogue) {
    log(watch_is_complete_ ? Level::info : Level::debug, "catalogue-loaded",
        {{"root", root_},
         {"files", std::to_string(catalogue.size())},
         {"problems", std::to_string(catalogue.problems().size())}});
    if (catalogue.problems() == problems_logged_)
        return; // said already
    for (const std::string& problem : catalogue.problems())
        log(Level::warning, "catalogue-problem", {{"reason", problem}});
    problems_logged_ = catalogue.problems();
}

} // namespace plugtone::tftpd
