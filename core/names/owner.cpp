#include "core/names/owner.hpp"

#include "core/base/text.hpp"

namespace plugtone {

std::optional<Mac> owner_of(std::string_view name) {
    static constexpr std::size_t word_size = 3;
    static constexpr std::size_t mac_size = 12;
    const std::string folded = lower(name);
    for (std::size_t at = 0; at + word_size + mac_size <= folded.size(); ++at) {
        const std::string_view here = std::string_view(folded).substr(at);
        if (!here.starts_with("cfg") && !here.starts_with("dev"))
            continue;
        if (const auto mac = Mac::parse(here.substr(word_size, mac_size)))
            return *mac;
    }
    return std::nullopt;
}

std::string binary_config_name(const Mac& mac) {
    return "cfg" + mac.text();
}

std::string xml_config_name(const Mac& mac) {
    return binary_config_name(mac) + ".xml";
}

} // namespace plugtone
