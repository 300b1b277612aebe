#include "agent/bus_values.hpp"

namespace plugtone {

std::uint64_t to_bus(Generation generation) {
    return static_cast<std::uint64_t>(generation);
}

std::map<std::string, std::string> to_bus(const ParameterSet& set) {
    std::map<std::string, std::string> parameters;
    for (const auto& [name, value] : set)
        parameters.emplace(name.text(), value);
    return parameters;
}

BusFields to_bus(const Event& event) {
    BusFields fields;
    for (const auto& [key, value] : event.fields)
        fields.emplace_back(key, value);
    return fields;
}

BusShared to_bus(const SharedParameters& shared, const Dictionary& dictionary, bool reveal) {
    BusShared parameters;
    for (const auto& [number, parameter] : shared) {
        const ParameterDefinition* definition = dictionary.find(number);
        const bool secret = dictionary.is_secret(number);
        parameters.emplace_back(number.text(), definition == nullptr ? "" : definition->name,
                                secret && !reveal ? "" : parameter.value, secret,
                                parameter.is_public);
    }
    return parameters;
}

} // namespace plugtone
