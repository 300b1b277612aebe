// Of org.plugtone1.Manager what 'plugtonectl doctor' cannot see from outside.
#include <nlohmann/json.hpp>

#include "agent/bus_errors.hpp"
#include "agent/manager_object.hpp"

namespace plugtone {

namespace {

// "lan0", or "lan0/192.0.2.1", of which the name is wanted.
std::vector<std::string> interfaces_of(const nlohmann::json& configuration) {
    std::vector<std::string> names;
    const auto pointer = nlohmann::json::json_pointer("/Dhcp4/interfaces-config/interfaces");
    if (!configuration.is_object() || !configuration.contains(pointer))
        return names;
    for (const auto& one : configuration.at(pointer))
        if (one.is_string()) {
            const auto text = one.get<std::string>();
            names.push_back(text.substr(0, text.find('/')));
        }
    return names;
}

} // namespace

void ManagerObject::Health(sdbus::Result<std::string, std::string, std::vector<std::string>,
                                         std::vector<std::string>>&& result) {
    long_calls_.add(std::move(result), [this] {
        std::tuple<std::string, std::string, std::vector<std::string>, std::vector<std::string>>
            health{"", "", {}, folders_};
        if (!kea_.is_there())
            return health;
        const auto status = kea_.ask(R"({"command": "plugtone-status"})");
        if (!status) {
            // A Kea that says nothing is not waited for a second time.
            std::get<1>(health) = status.error().message;
            return health;
        }
        std::get<0>(health) = *status;
        if (const auto configuration = kea_.ask(R"({"command": "config-get"})"))
            std::get<2>(health) =
                interfaces_of(nlohmann::json::parse(*configuration, nullptr, false));
        return health;
    });
}

} // namespace plugtone
