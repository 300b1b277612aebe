#include "tftpd/negotiation.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone::tftpd {

namespace {

// The first option of that (lower-case) name; fails if there is a second.
Result<const Option*> only_option(const std::vector<Option>& options, std::string_view name) {
    const Option* found = nullptr;
    for (const Option& option : options) {
        if (lower(option.name) != name)
            continue;
        if (found != nullptr)
            return fail("options: '" + std::string(name) + "' stands twice");
        found = &option;
    }
    return found;
}

void agree_blksize(const Option& option, std::size_t limit, Agreement& agreement) {
    const auto asked = parse_number<std::size_t>(option.value);
    if (!asked || *asked < blksize_least || *asked > blksize_most)
        return;
    agreement.blksize = std::min(*asked, limit);
    agreement.acknowledged.emplace_back(option.name, std::to_string(agreement.blksize));
}

void agree_windowsize(const Option& option, std::size_t limit, Agreement& agreement) {
    const auto asked = parse_number<std::size_t>(option.value);
    if (!asked || *asked < 1 || *asked > windowsize_most)
        return;
    agreement.windowsize = std::min(*asked, limit);
    agreement.acknowledged.emplace_back(option.name, std::to_string(agreement.windowsize));
}

void agree_timeout(const Option& option, Agreement& agreement) {
    const auto asked = parse_number<unsigned>(option.value);
    if (!asked || *asked < 1 || *asked > timeout_most.count())
        return;
    agreement.timeout = std::chrono::seconds(*asked);
    agreement.acknowledged.emplace_back(option.name, std::to_string(*asked));
}

void agree_tsize(const Option& option, std::uint64_t file_size, Agreement& agreement) {
    // libcurl, which several devices carry, takes an agreed size of 0 for an error and gives up.
    if (!parse_number<std::uint64_t>(option.value) || file_size == 0)
        return;
    agreement.acknowledged.emplace_back(option.name, std::to_string(file_size));
}

} // namespace

Result<Agreement> negotiate(const std::vector<Option>& options, std::uint64_t file_size,
                            const NegotiationLimits& limits) {
    const auto blksize = only_option(options, "blksize");
    const auto timeout = only_option(options, "timeout");
    const auto tsize = only_option(options, "tsize");
    const auto windowsize = only_option(options, "windowsize");
    for (const auto* option : {&blksize, &timeout, &tsize, &windowsize})
        if (!*option)
            return tl::unexpected(option->error());
    Agreement agreement;
    if (*blksize != nullptr)
        agree_blksize(**blksize, limits.blksize, agreement);
    if (*timeout != nullptr)
        agree_timeout(**timeout, agreement);
    if (*tsize != nullptr)
        agree_tsize(**tsize, file_size, agreement);
    if (*windowsize != nullptr)
        agree_windowsize(**windowsize, limits.windowsize, agreement);
    return agreement;
}

} // namespace plugtone::tftpd
