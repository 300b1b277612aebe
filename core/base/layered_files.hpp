// Definition files that an operator can replace one by one: the *.xml of several folders, where a
// file of the same name in a later folder replaces an earlier one, and an empty file masks it
// (design, section 3).
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.hpp"

namespace plugtone {

struct LayeredFile {
    std::string path;
    Bytes content;
};

struct LayeredFiles {
    std::vector<LayeredFile> files;    // by name
    std::vector<std::string> problems; // what cannot be read, a line each
};

// A folder that does not exist holds nothing, and is no problem. size_max: of one file, bytes.
LayeredFiles read_layered_files(const std::vector<std::string>& folders, std::size_t size_max);

} // namespace plugtone
