// What a parameter's value may be (facts, section 6): the types of the parameter dictionary. Plain
// values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

struct BoolType {}; // 0 or 1

struct EnumerationType {
    struct Value {
        std::string code;    // what stands in a file of P-values
        std::string word;    // what stands in an alias file (config version 2); may be empty
        std::string meaning; // for people
    };
    std::vector<Value> values;
};

struct IntegerType {
    std::int64_t min = 0;
    std::int64_t max = 0;
    std::string unit; // "minutes"; may be empty
    bool is_optional = false;
};

// A name or an address, with an optional port; may be empty.
struct HostType {};

// HOST[:PORT]/FOLDER without a scheme, as P192 and P237 are; may be empty. The scheme is another
// parameter (facts, section 5.2).
struct PathType {
    std::size_t size_max = 256;
};

struct SecretType {
    std::size_t size_min = 0;
    std::size_t size_max = 128;
    bool is_hex = false;
};

struct TextType {
    std::size_t size_max = parameter_value_size_max;
};

using ValueType =
    std::variant<BoolType, EnumerationType, IntegerType, HostType, PathType, SecretType, TextType>;

// Refuses what is no such value, and says what is allowed. The message never holds a secret's
// value.
Done check_value(const ValueType& type, std::string_view value);
// What is allowed, e.g. "0 (TFTP), 1 (HTTP) or 2 (HTTPS)", "60 to 86400 minutes".
std::string describe(const ValueType& type);
// What the value means, if that is more than itself: "HTTPS" for 2.
std::string_view meaning_of(const ValueType& type, std::string_view value);

// The value as an alias file has it (facts, section 7), and back: Yes and No, an enumeration's
// words, all else as it stands.
std::string to_word(const ValueType& type, std::string_view value);
std::string from_word(const ValueType& type, std::string_view word);

} // namespace plugtone
