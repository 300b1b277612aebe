// Fetching one file by TFTP, HTTP or HTTPS as a phone does, through libcurl: one request a file, no
// redirects, no proxy, no environment. Blocks the calling thread; one thread only.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/ipv4.hpp"
#include "phone/provisioning.hpp"

namespace plugtone {

// Largest configuration file and largest other file that is taken, bytes.
inline constexpr std::size_t config_size_max = std::size_t{1} << 20U;
inline constexpr std::size_t other_size_max = std::size_t{128} << 20U;

struct FetchSettings {
    std::string interface; // requests leave by it, whatever the routes say
    Ipv4 address;          // and from this address
    std::string user_agent;
    std::chrono::seconds timeout{30};   // for a whole file
    std::optional<std::string> ca_file; // https: without it no certificate is checked, as phones do
    std::string known_host; // "NAME:PORT:ADDRESS" of the server; empty: it is an address
};

struct FetchAnswer {
    FileResult result = FileResult::failed; // never rejected
    std::string detail;                     // the server's code, or what went wrong
    Bytes bytes;                            // all of the file if ok
    std::chrono::milliseconds took{0};
};

class Fetcher {
public:
    // stop: looked at while a transfer runs; once true, every transfer ends as failed.
    Fetcher(FetchSettings settings, bool (*stop)());

    FetchAnswer fetch(const std::string& url, std::size_t size_max) const;

private:
    FetchSettings settings_;
    bool (*stop_)();
};

} // namespace plugtone
