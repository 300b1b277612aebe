// Writing so that a power cut leaves the old file or the new one, whole: beside, fsync, rename,
// fsync the folder. The new file is called .NAME.new-XXXXXX until it is complete; readers of our
// folders skip names with a dot in front.
#pragma once

#include <string>

#include <sys/types.h>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace plugtone {

enum class Durability {
    atomic,  // readers never see half a file; a power cut may lose it (enough for /run)
    durable, // it is on the disk when the call returns
};

Done write_file(const std::string& path, ByteView bytes, mode_t mode, Durability durability);

// Points the symbolic link at target in one step, durably.
Done replace_link(const std::string& path, const std::string& target);

// The names in a folder are on the disk when this returns; likewise a file's content.
Done sync_folder(const std::string& path);

} // namespace plugtone
