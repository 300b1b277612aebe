// Is what came a configuration file that this phone takes? Pure: bytes in, a judgement out.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/base/secret.hpp"
#include "core/classes/device_class.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

// What the phone was set up with before: P1359 and how the key is made from it.
struct FilePassword {
    std::optional<Secret> password;
    KeyDigest digest = KeyDigest::md5;
};

struct ConfigFile {
    bool encrypted = false;
    bool has_mac = false; // and it is ours
    ParameterSet parameters;
    std::string summary; // for people, without any value
};

// XML, in clear or encrypted. Refuses a file of another device, one that cannot be decrypted, and
// one that is not whole; name is for messages.
Result<ConfigFile> read_xml_config(const std::string& name, ByteView bytes, const Mac& mac,
                                   const FilePassword& password);

// The binary file (core/formats/gs_binary.hpp). The form that the vendor's generator encrypted is
// recognised and its frame checked; its parameters cannot be read.
Result<ConfigFile> read_binary_config(const std::string& name, ByteView bytes, const Mac& mac);

} // namespace plugtone
