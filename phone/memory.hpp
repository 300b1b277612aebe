// What a phone keeps when it is switched off: the parameters that it has taken so far. In a file it
// is the guide's XML, in clear, as it is in the phone. Pure but for load and store.
#pragma once

#include <optional>
#include <string>

#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/base/secret.hpp"
#include "core/classes/parameter.hpp"
#include "phone/provisioning.hpp"

namespace plugtone {

class PhoneMemory {
public:
    PhoneMemory() = default;
    explicit PhoneMemory(ParameterSet parameters) : parameters_(std::move(parameters)) {}

    // A phone as it came from the factory if there is no such file.
    static Result<PhoneMemory> load(const std::string& path);
    // For its owner only.
    Done store(const std::string& path) const;

    // What is missing stays as it was, what is empty is set to nothing (facts, section 1.1).
    void take(const ParameterSet& parameters);
    // P1359; nothing: none yet.
    std::optional<Secret> xml_password() const;
    // The name under which it asks for a file: configuration files between P234 and P235.
    std::string asked_name(const FileRequest& request) const;

private:
    std::string value_of(const ParameterName& name) const;

    ParameterSet parameters_;
};

} // namespace plugtone
