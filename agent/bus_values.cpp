#include "agent/bus_values.hpp"

namespace plugtone {

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

Result<std::vector<Assignment>>
assignments_of(const std::map<std::string, std::string>& parameters) {
    std::vector<Assignment> assignments;
    for (const auto& [text, value] : parameters) {
        const auto name = ParameterName::parse(text);
        if (!name)
            return tl::unexpected(name.error());
        assignments.push_back({*name, value});
    }
    return assignments;
}

Result<std::vector<ParameterName>> names_of(const std::vector<std::string>& names) {
    std::vector<ParameterName> parsed;
    for (const std::string& text : names) {
        const auto name = ParameterName::parse(text);
        if (!name)
            return tl::unexpected(name.error());
        parsed.push_back(*name);
    }
    return parsed;
}

} // namespace plugtone
