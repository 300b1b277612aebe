// What is wrong, or will surprise, in what has been composed: each finding says class, device and
// parameter. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/composer.hpp"
#include "core/classes/dictionary.hpp"

namespace plugtone {

enum class Severity {
    error,   // a phone will not read it, or read something else
    warning, // it contradicts something else, or lays a secret open
    note,    // worth knowing
};
std::string_view severity_name(Severity severity);

struct Finding {
    Severity severity = Severity::note;
    std::string class_name; // may be empty
    std::optional<Mac> mac;
    std::optional<ParameterName> parameter;
    std::string text; // for people, and never a secret's value

    bool operator==(const Finding&) const = default;
};

// Values out of their type in the class's family.
std::vector<Finding> type_errors(const DeviceClass& device_class, const std::optional<Mac>& mac,
                                 const ParameterSet& composed, const Dictionary& dictionary);

// All about a class and what its devices inherit; then what one device adds to that.
std::vector<Finding> lint_class(const DeviceClass& device_class, const ParameterSet& inherited,
                                const Dictionary& dictionary);
std::vector<Finding> lint_device(const DeviceFacts& facts, const ParameterSet& inherited,
                                 const Dictionary& dictionary);

// Those of "now" that are not among "before", in their order.
std::vector<Finding> new_findings(const std::vector<Finding>& before, std::vector<Finding> now);
// The lint gate of a publish: fails if there is one.
Done refuse_new(const std::vector<Finding>& errors, const Dictionary& dictionary);

} // namespace plugtone
