// What a publish would change, for people: devices that differ alike stand together.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <nlohmann/json.hpp>

namespace plugtone::ctl {

// One row of Manager.Preview.
struct DifferenceLine {
    std::string mac, kind, name, title;
    std::optional<std::string> before, after;
    bool secret = false;
};
nlohmann::json difference_json(const DifferenceLine& one);
// By device, as the agent sends them.
void print_differences(const std::vector<DifferenceLine>& rows);

// Severity, class, MAC, parameter, text.
using FindingLine = std::tuple<std::string, std::string, std::string, std::string, std::string>;
nlohmann::json finding_json(const FindingLine& finding);
// The same of many devices is one line.
void print_alike(const std::vector<FindingLine>& findings);

} // namespace plugtone::ctl
