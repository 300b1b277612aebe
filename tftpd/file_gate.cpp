#include "tftpd/file_gate.hpp"

#include <chrono>
#include <utility>

#include "core/base/log.hpp"
#include "core/contracts/bindings.hpp"
#include "core/names/request_name.hpp"
#include "tftpd/access.hpp"

namespace plugtone::tftpd {

namespace {

std::int64_t seconds_since_1970() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

} // namespace

FileGate::FileGate(const CatalogueInUse& catalogue, std::string bindings,
                   FindNeighbour find_neighbour, BeforeLookup before_lookup)
    : catalogue_(catalogue), bindings_(std::move(bindings)),
      find_neighbour_(std::move(find_neighbour)), before_lookup_(std::move(before_lookup)) {}

Passage FileGate::ask(std::string_view name, const Ipv4& asker) const {
    Passage passage;
    const auto lease = LeaseView::of(read_binding(bindings_, asker), seconds_since_1970());
    if (!lease.trouble.empty())
        log(Level::error, "binding", {{"peer", asker.text()}, {"reason", lease.trouble}});
    passage.mac = lease.holder;

    const auto normal = normalise_request_name(name);
    passage.name = normal ? *normal : std::string(name);
    if (!normal) {
        passage.reason = normal.error().message;
        return passage;
    }
    if (before_lookup_)
        before_lookup_();
    const auto catalogue = catalogue_.get();
    const ServedFile* served = catalogue->find(*normal);
    if (served == nullptr) {
        passage.reason = "no such file";
        return passage;
    }
    passage.owner = served->owner;
    passage.sha256 = served->sha256;
    const auto verdict =
        decide_access(served->owner, served->access, lease, [&]() -> std::optional<Mac> {
            const auto found = find_neighbour_(asker);
            if (!found)
                log(Level::error, "neighbours", {{"reason", found.error().message}});
            return passage.mac = found.value_or(std::nullopt);
        });
    if (!verdict.allowed) {
        passage.answer = Answer::refused;
        passage.reason = verdict.reason;
        return passage;
    }
    auto file = served->open();
    if (!file) {
        const bool is_gone = file.error().kind == ErrorKind::not_found;
        passage.answer = is_gone ? Answer::absent : Answer::failed;
        passage.reason = file.error().message;
        return passage;
    }
    passage.answer = Answer::granted;
    passage.file = std::move(*file);
    return passage;
}

} // namespace plugtone::tftpd
