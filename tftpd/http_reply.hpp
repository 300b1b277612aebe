// What goes back for an HTTP request: heads, the dates and validators of RFC 9110 sections 5.6.7
// and 8.8, and the texts of refusals. Pure.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "tftpd/file_content.hpp"
#include "tftpd/http_head.hpp"
#include "tftpd/transfer_record.hpp"
#include "tftpd/tree_folder.hpp"

namespace plugtone::tftpd {

// What goes back: a head with what little text belongs to it, then perhaps a part of a file.
struct HttpReply {
    std::string text;
    SharedContent file;       // nothing: there is only text
    std::uint64_t offset = 0; // of the part that is sent
    std::uint64_t bytes = 0;  // how many of the file are sent
    bool keeps_alive = false;
    // Nothing: no transfer, and nobody is told.
    std::optional<TransferRecord> record;
    std::string remark; // for the log, e.g. "not modified"
};

// The head of a reply; Date and Server are in it.
class ReplyHead {
public:
    ReplyHead(unsigned status, bool is_http_10, bool keeps_alive);

    ReplyHead& field(std::string_view name, std::string_view value);
    // The whole of it, with the body's length, for a body that follows in some other way.
    std::string finish(std::uint64_t content_length);
    // Of a reply without a body.
    std::string finish();
    // With a short text as its body, or as if there were one (HEAD).
    std::string finish(std::string_view text, bool has_body);

private:
    std::string text_;
};

// A file as the request wants it: whole, a part of it, or only the news that it did not change.
HttpReply file_reply(const HttpRequest& request, const SharedContent& file, bool may_keep_alive);

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
