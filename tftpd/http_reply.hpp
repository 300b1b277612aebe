// What an HTTP reply says besides a file's bytes: the dates and validators of RFC 9110 sections
// 5.6.7 and 8.8, and the texts of refusals. Pure.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "tftpd/tree_folder.hpp"

namespace plugtone::tftpd {

// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::time_t time);

// The content's hash, if the manifest has it, and in any case date and size, so that a file that
// was written over by hand is another one.
std::string entity_tag(const OpenFile& file, std::string_view sha256);

// The body of a reply with that status: a constant, which tells no more than the status does.
std::string_view error_text(unsigned status);

// What the client has is what it would get. if_none_match counts before if_modified_since (RFC 9110
// section 13.2.2), and a date only if it is exactly ours.
bool is_unchanged(std::string_view if_none_match, std::string_view if_modified_since,
                  std::string_view entity_tag, std::string_view last_modified);

} // namespace plugtone::tftpd
