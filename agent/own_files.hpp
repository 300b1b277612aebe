// A device's own files: which there are now, under which names, and who needs what to read them.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mac.hpp"
#include "core/classes/device_class.hpp"
#include "core/names/shelf.hpp"

namespace plugtone {

enum class OwnFile {
    bootstrap, // binary; brings the XML password
    sealed,    // XML under the password that the device has
    rotated,   // XML under the one that it is being given (password_rotation.hpp)
    other,     // binary without the password, or XML in clear
};

struct OwnFilePlan {
    OwnFile what = OwnFile::other;
    FileForm form = FileForm::xml;
    std::vector<std::string> paths; // below the generation: shelf and basic name
};

struct OwnFileFacts {
    Mac mac;
    const DeviceClass* device_class = nullptr;
    Shelf shelf;                           // where the device is told to ask
    std::vector<std::string> told_shelves; // folders; it may still ask there
    std::optional<Shelf> rotation;         // where a device asks that has the next password
    bool window_open = false;
    bool vendor_file = false; // takes the place of the binary forms
};

std::vector<OwnFilePlan> plan_own_files(const OwnFileFacts& facts);

// What a device fetched by that name, as it stands in an event; nothing: no such file now.
std::optional<OwnFile> own_file_named(const std::vector<OwnFilePlan>& plans,
                                      std::string_view served_name);

} // namespace plugtone
