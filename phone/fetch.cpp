#include "phone/fetch.hpp"

#include <array>
#include <memory>

#include <curl/curl.h>
#include <sys/socket.h>

#include "core/base/text.hpp"

namespace plugtone {

namespace {

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* pointer) const noexcept {
        Free(pointer);
    }
};
using Curl = std::unique_ptr<CURL, Freer<&curl_easy_cleanup>>;
using CurlList = std::unique_ptr<curl_slist, Freer<&curl_slist_free_all>>;

struct Transfer {
    const FetchSettings* settings = nullptr;
    bool (*stop)() = nullptr;
    std::size_t size_max = 0;
    CurlList hosts; // outlives the request
    bool too_large = false;
    Bytes bytes;
};

std::size_t take(const char* data, std::size_t, std::size_t size, void* user) noexcept {
    auto& transfer = *static_cast<Transfer*>(user);
    if (size > transfer.size_max - transfer.bytes.size()) {
        transfer.too_large = true;
        return 0; // ends the transfer
    }
    try {
        const ByteView view = as_bytes({data, size});
        transfer.bytes.insert(transfer.bytes.end(), view.begin(), view.end());
    } catch (const std::bad_alloc&) {
        return 0;
    }
    return size;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    return static_cast<Transfer*>(user)->stop() ? 1 : 0;
}

// Beside the source address, for the routes of other interfaces must not take the request.
int on_socket(void* user, curl_socket_t socket, curlsocktype) noexcept {
    const std::string& name = static_cast<Transfer*>(user)->settings->interface;
    if (name.empty())
        return CURL_SOCKOPT_OK;
    const bool bound = ::setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, name.c_str(),
                                    static_cast<socklen_t>(name.size() + 1)) == 0;
    return bound ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

// false: this libcurl does not know an option, which is a build that we cannot use.
bool set_up(CURL* curl, const std::string& url, Transfer& transfer, char* error) {
    const FetchSettings& settings = *transfer.settings;
    const std::string source = "host!" + settings.address.text();
    const long seconds = settings.timeout.count();
    bool good = true;
    const auto set = [&](CURLoption option, auto value) {
        good = good && curl_easy_setopt(curl, option, value) == CURLE_OK;
    };
    set(CURLOPT_ERRORBUFFER, error);
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "tftp,http,https");
    set(CURLOPT_PATH_AS_IS, 1L); // what was asked for, even if it has ".." in it
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4);
    set(CURLOPT_USERAGENT, settings.user_agent.c_str());
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_CONNECTTIMEOUT, seconds);
    set(CURLOPT_TIMEOUT, seconds);
    set(CURLOPT_SSL_VERIFYPEER, settings.ca_file ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, settings.ca_file ? 2L : 0L);
    if (settings.ca_file)
        set(CURLOPT_CAINFO, settings.ca_file->c_str());
    if (transfer.hosts)
        set(CURLOPT_RESOLVE, transfer.hosts.get());
    if (settings.address != Ipv4{})
        set(CURLOPT_INTERFACE, source.c_str());
    set(CURLOPT_SOCKOPTFUNCTION, &on_socket);
    set(CURLOPT_SOCKOPTDATA, static_cast<void*>(&transfer));
    set(CURLOPT_WRITEFUNCTION, &take);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &on_progress);
    set(CURLOPT_XFERINFODATA, static_cast<void*>(&transfer));
    return good;
}

void judge_http(long status, FetchAnswer& answer) {
    answer.detail = "HTTP " + std::to_string(status);
    if (status == 200)
        answer.result = FileResult::ok;
    else if (status == 404 || status == 410)
        answer.result = FileResult::absent;
    else if (status == 401 || status == 403)
        answer.result = FileResult::refused;
    else if (status >= 300 && status < 400)
        answer.detail += ", a redirect, which phones are not known to follow";
}

// text: libcurl's own, or empty.
void judge_error(CURLcode code, std::string_view text, FetchAnswer& answer) {
    answer.detail = printable(text.empty() ? curl_easy_strerror(code) : text);
    if (code == CURLE_TFTP_NOTFOUND) {
        answer.result = FileResult::absent;
        answer.detail = "TFTP error 1 (file not found)";
    } else if (code == CURLE_TFTP_PERM) {
        answer.result = FileResult::refused;
        answer.detail = "TFTP error 2 (access violation)";
    }
}

} // namespace

Fetcher::Fetcher(FetchSettings settings, bool (*stop)())
    : settings_(std::move(settings)), stop_(stop) {}

FetchAnswer Fetcher::fetch(const std::string& url, std::size_t size_max) const {
    FetchAnswer answer;
    Transfer transfer{.settings = &settings_,
                      .stop = stop_,
                      .size_max = size_max,
                      .hosts = nullptr,
                      .too_large = false,
                      .bytes = {}};
    if (!settings_.known_host.empty())
        transfer.hosts.reset(curl_slist_append(nullptr, settings_.known_host.c_str()));
    std::array<char, CURL_ERROR_SIZE> error{};
    const Curl curl(curl_easy_init());
    if (!curl || !set_up(curl.get(), url, transfer, error.data())) {
        answer.detail = "libcurl lacks something that the phone needs (TFTP, HTTP or HTTPS)";
        return answer;
    }
    const auto start = std::chrono::steady_clock::now();
    const CURLcode code = curl_easy_perform(curl.get());
    answer.took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        // For TFTP the text is about the socket, which is never connected; the code says it better.
        judge_error(code, url.starts_with("tftp") ? "" : error.data(), answer);
        if (transfer.too_large)
            answer.detail = "more than " + std::to_string(size_max) + " bytes";
    } else if (status != 0 && url.starts_with("http")) {
        judge_http(status, answer);
    } else {
        answer.result = FileResult::ok;
    }
    if (answer.result == FileResult::ok)
        answer.bytes = std::move(transfer.bytes);
    return answer;
}

} // namespace plugtone
