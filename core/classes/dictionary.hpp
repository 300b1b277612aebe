// The parameter dictionary: what the numbers mean, family by family. Data, in etc/parameters.d
// (docs/parameters.md); a number that it does not know is allowed all the same. Immutable once
// made: share it freely.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/classes/parameter.hpp"
#include "core/classes/value_type.hpp"

namespace plugtone {

struct ParameterForm {
    std::vector<std::string> families; // empty: every family that no other form names
    ValueType type;
    std::optional<std::string> preset; // what the device has when nobody sets it
};

struct ParameterDefinition {
    ParameterName number;
    std::string name; // ours: "account1.sip-server"
    std::vector<std::string> aliases;
    std::string alias_path; // in config version 2: "account.1.sip.server.1.address"; may be empty
    std::string title;
    std::vector<ParameterForm> forms; // at least one
    std::string origin;               // FILE:LINE

    // Nothing when the parameter does not hold in that family. Where the family is not known
    // (empty): the form for every family, or the first.
    const ParameterForm* form_for(std::string_view family) const;
    bool is_secret() const; // in one family at least
};

class Dictionary {
public:
    Dictionary() = default;
    // Names, aliases and alias paths are unique, without regard to case; see load_dictionary.
    explicit Dictionary(std::vector<ParameterDefinition> definitions);

    const ParameterDefinition* find(const ParameterName& number) const;
    // By name, alias or alias path.
    const ParameterDefinition* find(std::string_view name) const;
    // A number, known or not, or the name of one that is known.
    Result<ParameterName> resolve(std::string_view text) const;

    // "P47", or "P47 (account1.sip-server)".
    std::string label(const ParameterName& number) const;
    bool is_secret(const ParameterName& number) const;
    // Refuses a value that is out of its type in that family, with what is allowed. With an empty
    // family: in every family. What is not known, or does not hold there, is taken.
    Done check(const ParameterName& number, std::string_view value, std::string_view family) const;

    const std::map<ParameterName, ParameterDefinition>& definitions() const { return by_number_; }

private:
    std::map<ParameterName, ParameterDefinition> by_number_;
    std::map<std::string, ParameterName, std::less<>> by_name_; // lower case
};

struct LoadedDictionary {
    Dictionary dictionary;             // of all the files that are good
    std::vector<std::string> problems; // FILE:LINE: reason, a line each
};

// Reads *.xml of the folders (layered_files.hpp). A file that is bad, or that has a number or a
// name which another file has, is left out whole and is a problem. Never fails: whoever wants all
// or nothing asks for problems.
LoadedDictionary load_dictionary(const std::vector<std::string>& folders);

} // namespace plugtone
