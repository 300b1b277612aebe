// What the agent's tests stand on: a branch in a folder of its own, with two device classes, and
// made-up phones.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "agent/inventory.hpp"
#include "tests/unit/core/temp_folder.hpp"

namespace plugtone::test {

inline Mac mac_of(const char* text) {
    return Mac::parse(text).value();
}
inline ParameterName name_of(const char* text) {
    return ParameterName::parse(text).value();
}
inline Assignment assign(const char* name, std::string value) {
    return {name_of(name), std::move(value)};
}

inline SecretBox test_box(char filling = 'k') {
    return SecretBox(Secret(std::string(SecretBox::key_size, filling)));
}

inline Device device_of(const char* mac, std::string class_name = "", std::string label = "") {
    return {mac_of(mac), std::move(class_name), std::move(label), Secret("Password1")};
}

// One class; attributes: of <formats>.
inline std::string class_xml(const std::string& name, const std::string& match,
                             const std::string& body = "", const std::string& vendor = "") {
    return "<device-classes vendor=\"acme\"><defaults>" + vendor + "</defaults><class name=\"" +
           name + "\"><match " + match + "/><offer url=\"http://{server}\"/>" + body +
           "</class></device-classes>";
}

// Every file below, by its path; links are followed.
inline std::map<std::string, std::string> files_below(const std::string& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file())
            files[entry.path().lexically_relative(folder).string()] =
                content_of(entry.path().string());
    return files;
}

inline ino_t inode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

} // namespace plugtone::test
