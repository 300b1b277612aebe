#include "tftpd/generation_check.hpp"

#include "core/base/log.hpp"

namespace plugtone::tftpd {

void GenerationCheck::catch_up() {
    if (live_generation(root_) == in_use_.get()->generation())
        return;
    const std::lock_guard lock(building_);
    const std::string live = live_generation(root_);
    if (live == in_use_.get()->generation() || live == tried_)
        return;
    tried_ = live;
    auto catalogue = Catalogue::build(root_);
    if (catalogue)
        in_use_.set(std::make_shared<const Catalogue>(std::move(*catalogue)));
    else
        log(Level::error, "catalogue-trouble",
            {{"reason", catalogue.error().message + "; the catalogue before it stays"}});
}

} // namespace plugtone::tftpd
