#include "core/classes/identity.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace plugtone {

std::string model_of(std::string_view vendor_class) {
    auto parts = words(vendor_class);
    if (!parts.empty() && lower(parts.front()) == "grandstream")
        parts.erase(parts.begin());
    if (parts.empty() || parts.front() == "dslforum.org")
        return {};
    std::string model = lower(parts.front());
    const bool plain = std::all_of(model.begin(), model.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
    return plain ? model : std::string();
}

} // namespace plugtone
