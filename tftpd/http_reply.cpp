#include "tftpd/http_reply.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/base/text.hpp"
#include "tftpd/http_range.hpp"

namespace plugtone::tftpd {

namespace {

constexpr std::size_t head_size_usual = 320;

std::string_view reason_phrase(unsigned status) {
    switch (status) {
    case 200:
        return "OK";
    case 206:
        return "Partial Content";
    case 304:
        return "Not Modified";
    case 401:
        return "Unauthorized";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Content Too Large";
    case 416:
        return "Range Not Satisfiable";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 503:
        return "Service Unavailable";
    default:
        return "Bad Request";
    }
}

// Made once a second.
const std::string& date_now() {
    static thread_local std::time_t made_for = 0;
    static thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != made_for) {
        text = http_date(now);
        made_for = now;
    }
    return text;
}

} // namespace

std::string http_date(std::time_t time) {
    static constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 64> text{};
    // Not strftime, whose names depend on the locale.
    const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   days.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                                   months.at(static_cast<std::size_t>(parts.tm_mon)),
                                   parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
    return {text.data(), static_cast<std::size_t>(size)};
}

std::string entity_tag(const OpenFile& file, std::string_view sha256) {
    static constexpr std::size_t hash_size = 32; // hex digits: 128 bits
    std::array<char, 64> text{};
    const int size = std::snprintf(text.data(), text.size(), "%llx-%llx.%lx",
                                   static_cast<unsigned long long>(file.size),
                                   static_cast<unsigned long long>(file.modified.tv_sec),
                                   static_cast<unsigned long>(file.modified.tv_nsec));
    const std::string_view file_part(text.data(), static_cast<std::size_t>(size));
    const std::string hash_part =
        sha256.empty() ? "" : std::string(sha256.substr(0, hash_size)) + "-";
    return '"' + hash_part + std::string(file_part) + '"';
}

ReplyHead::ReplyHead(unsigned status, bool is_http_10, bool keeps_alive) {
    text_.reserve(head_size_usual);
    text_ += is_http_10 ? "HTTP/1.0 " : "HTTP/1.1 ";
    text_ += std::to_string(status);
    text_ += ' ';
    text_ += reason_phrase(status);
    text_ += "\r\n";
    field("Date", date_now());
    field("Server", "plugtone");
    if (is_http_10 && keeps_alive)
        field("Connection", "keep-alive");
    else if (!is_http_10 && !keeps_alive)
        field("Connection", "close");
}

ReplyHead& ReplyHead::field(std::string_view name, std::string_view value) {
    text_.append(name).append(": ").append(value).append("\r\n");
    return *this;
}

std::string ReplyHead::finish() {
    text_ += "\r\n";
    return std::move(text_);
}

std::string ReplyHead::finish(std::uint64_t content_length) {
    field("Content-Length", std::to_string(content_length));
    return finish();
}

std::string ReplyHead::finish(std::string_view text, bool has_body) {
    field("Content-Type", "text/plain");
    std::string whole = finish(text.size());
    if (has_body)
        whole += text;
    return whole;
}

std::string_view error_text(unsigned status) {
    switch (status) {
    case 401:
        return "name and password please\n";
    case 404:
        return "not found\n";
    case 405:
        return "only GET and HEAD\n";
    case 413:
        return "no request body is taken\n";
    case 416:
        return "no such part\n";
    case 429:
        return "too many requests\n";
    case 431:
        return "request header too large\n";
    case 503:
        return "try again later\n";
    default:
        return "bad request\n";
    }
}

bool is_unchanged(std::string_view if_none_match, std::string_view if_modified_since,
                  std::string_view entity_tag, std::string_view last_modified) {
    if (if_none_match.empty())
        return !if_modified_since.empty() && if_modified_since == last_modified;
    if (trim(if_none_match) == "*")
        return true;
    // Our tags hold no comma, so that a list can be cut at them; weak comparison (section 8.8.3.2).
    while (!if_none_match.empty()) {
        const std::size_t end = std::min(if_none_match.find(','), if_none_match.size());
        std::string_view tag = trim(if_none_match.substr(0, end));
        if (tag.starts_with("W/"))
            tag.remove_prefix(2);
        if (tag == entity_tag)
            return true;
        if_none_match.remove_prefix(std::min(end + 1, if_none_match.size()));
    }
    return false;
}

HttpReply file_reply(const HttpRequest& request, const SharedContent& file, bool may_keep_alive) {
    HttpReply reply;
    reply.keeps_alive = request.keeps_alive && may_keep_alive;
    const bool unchanged = is_unchanged(request.if_none_match, request.if_modified_since,
                                        file->entity_tag(), file->last_modified());
    const FilePart part = part_of(request.range, request.if_range, file->size(), file->entity_tag(),
                                  file->last_modified());
    const unsigned status = unchanged                                    ? 304
                            : part.kind == FilePart::Kind::whole         ? 200
                            : part.kind == FilePart::Kind::unsatisfiable ? 416
                                                                         : 206;
    ReplyHead head(status, request.is_http_10, reply.keeps_alive);
    const std::string size = std::to_string(file->size());
    if (status == 416) {
        reply.text = head.field("Content-Range", "bytes */" + size)
                         .finish(error_text(status), request.method == HttpRequest::Method::get);
        reply.remark = "no such part";
        return reply;
    }
    head.field("ETag", file->entity_tag()).field("Last-Modified", file->last_modified());
    if (unchanged) {
        reply.text = head.finish();
        reply.remark = "not modified";
        return reply;
    }
    if (status == 206)
        head.field("Content-Range", "bytes " + std::to_string(part.offset) + "-" +
                                        std::to_string(part.offset + part.size - 1) + "/" + size);
    head.field("Accept-Ranges", "bytes");
    // For binary and XML alike: the type that the devices are known to take.
    head.field("Content-Type", "application/octet-stream");
    reply.text = head.finish(part.size);
    if (request.method == HttpRequest::Method::get) {
        reply.file = file;
        reply.offset = part.offset;
        reply.bytes = part.size;
    }
    return reply;
}

} // namespace plugtone::tftpd
