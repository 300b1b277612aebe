// Makes a publish visible to the very next request: what plugtonectl reported as done is what a
// phone gets. inotify is a moment later (catalogue_watch.hpp), and sees what is no publish, too.
#pragma once

#include <mutex>
#include <string>

#include "tftpd/catalogue.hpp"

namespace plugtone::tftpd {

class GenerationCheck {
public:
    // in_use must outlive it.
    GenerationCheck(std::string root, CatalogueInUse& in_use)
        : root_(std::move(root)), in_use_(in_use) {}

    // If ROOT/config points to another generation than the catalogue in use was built from, builds
    // it anew; one readlink(2) otherwise. Once for a generation, so that nobody can make us work by
    // asking. Any thread; others wait for the one that builds.
    void catch_up();

private:
    std::string root_;
    CatalogueInUse& in_use_;
    std::mutex building_;
    std::string tried_; // the generation that was built last, or that could not be
};

} // namespace plugtone::tftpd
