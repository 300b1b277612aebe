// What the agent's tests stand on: made-up phones, classes and parameters.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "agent/inventory.hpp"
#include "core/classes/dictionary_file.hpp"
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

// One class; match: its attributes, vendor: the vendor's defaults.
inline std::string class_xml(const std::string& name, const std::string& match,
                             const std::string& body = "", const std::string& vendor = "",
                             const std::string& family = "") {
    return "<device-classes vendor=\"acme\"><defaults>" + vendor + "</defaults><class name=\"" +
           name + "\" family=\"" + family + "\"><match " + match +
           "/><offer url=\"http://{server}\"/>" + body + "</class></device-classes>";
}

// A few parameters of each kind; what the families gxp and ht allow differs.
inline const std::string dictionary_xml = R"(<parameters vendor="acme">
<parameter number="P2" name="admin-password" v2="users.admin.password"><secret min="1" max="30"/>
</parameter>
<parameter number="P47" name="sip-server" v2="account.1.sip.server"><alias>registrar</alias><host/>
</parameter>
<parameter number="P192" name="firmware-path"><path/></parameter>
<parameter number="P212" name="protocol" v2="provision.protocol"><enumeration>
<value code="0" word="TFTP">TFTP</value><value code="1" word="HTTP">HTTP</value>
<value code="2" word="HTTPS">HTTPS</value></enumeration></parameter>
<parameter number="P234" name="config-prefix"><text/></parameter>
<parameter number="P237" name="config-path"><path/></parameter>
<parameter number="P901" name="web-port"><integer min="1" max="65535"/>
<integer families="ht" min="1024" max="2048"/></parameter>
<parameter number="P1357" name="keypad-lock"><bool families="ht"/></parameter>
</parameters>)";

inline Dictionary test_dictionary() {
    return Dictionary(parse_dictionary_file("acme.xml", as_bytes(dictionary_xml)).value());
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
