// What the publisher does with files and folders, and nothing that it decides. Not one of these
// flushes, but for sync_file_system.
#pragma once

#include <string>

#include "agent/publisher.hpp"

namespace plugtone {

// Made with the modes of the served tree: the file server reads as a member of our group.
Done make_folder(const std::string& path);
// Those of the path's folders that are not there, below base.
Done make_folders(const std::string& base, const std::string& path);
// In place of what stands there.
Done replace_new(const std::string& path, ByteView bytes);
Done replace_with_link(const std::string& source, const std::string& path);
// Links all of them into the folder.
Done link_files(const std::string& from, const Contents& files, const std::string& into);
void remove_empty_folders(const std::string& folder);

// Everything written to the folder's file system is on the disk when this returns.
Done sync_file_system(const std::string& folder);

// The file is there, and is what the manifest says.
bool is_whole(const std::string& path, const ManifestEntry& entry);

// A generation's manifest and its ".documents".
Done write_contents(const std::string& folder, const Contents& contents);
// The SHA-256 of its manifest, which no other generation's has: it names files' own, with their
// salts. Empty: it has none.
std::string manifest_digest(const std::string& folder);
// As far as they can be read; a file whose document is not known has no key.
Contents read_contents(const std::string& folder);

} // namespace plugtone
