// What each sealed value of the database is sealed for: it opens nowhere else (secret_box.hpp).
#pragma once

#include <string>

namespace plugtone::sealed_for {

inline std::string device_password(const std::string& mac) {
    return mac;
}
inline std::string device_parameter(const std::string& mac, const std::string& name) {
    return mac + " " + name;
}
// owner: a class's name; empty: the site.
inline std::string shared_parameter(const std::string& owner, const std::string& name) {
    return (owner.empty() ? "site" : "class " + owner) + " " + name;
}
inline std::string vendor_file(const std::string& mac) {
    return mac + " vendor file";
}
inline std::string next_password(const std::string& mac) {
    return mac + " next password";
}
inline std::string pin_settings(const std::string& number) {
    return "pin " + number;
}
inline std::string key(const std::string& name) {
    return "key " + name;
}

} // namespace plugtone::sealed_for
