// boot_load: an office of phones that boot at once. Each asks, from an address of its own, for
// cfg<mac> (which is absent), for cfg<mac>.xml, and whether firmware fw.bin is new: over HTTP with
// If-Modified-Since, over TFTP by its size, as devices do. As JSON: how long until the last had
// all of it.
//
// usage: boot_load http|tftp ADDRESS PHONES FIRMWARE_TIME (its seconds since 1970)
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "core/base/fd.hpp"
#include "core/base/ipv4.hpp"

namespace {

using namespace plugtone;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t first_phone = 0x7F010001; // 127.1.0.1
constexpr std::uint64_t first_mac = 0x000b82000000;
constexpr timeval repeat_after{1, 0};
constexpr int tries_max = 20;

sockaddr_in endpoint(std::uint32_t address, std::uint16_t port) {
    sockaddr_in made{};
    made.sin_family = AF_INET;
    made.sin_addr.s_addr = htonl(address);
    made.sin_port = htons(port);
    return made;
}

void check(bool good, const std::string& what) {
    if (!good)
        throw std::runtime_error(what + ": " + std::strerror(errno));
}

class Phone {
public:
    Phone(std::uint32_t server, int number)
        : server_(server), local_(endpoint(first_phone + static_cast<std::uint32_t>(number), 0)) {
        std::array<char, 13> text{};
        std::snprintf(text.data(), text.size(), "%012llx",
                      static_cast<unsigned long long>(first_mac) +
                          static_cast<unsigned long long>(number));
        name_ = std::string("cfg") + text.data();
    }

    void boot_over_http() {
        const Fd socket = open(SOCK_STREAM);
        const sockaddr_in server = endpoint(server_, 80);
        check(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&server), sizeof server) ==
                  0,
              "connect");
        expect(get(socket, name_, ""), 404);
        expect(get(socket, name_ + ".xml", ""), 200);
        expect(get(socket, "fw.bin", "If-Modified-Since: " + firmware_date + "\r\n"), 304);
    }

    void boot_over_tftp() {
        const Fd socket = open(SOCK_DGRAM);
        expect(read(socket, name_, false), 404);
        expect(read(socket, name_ + ".xml", true), 200);
        expect(read(socket, "fw.bin", false), 200);
    }

    static std::string firmware_date;

private:
    Fd open(int kind) const {
        Fd socket(::socket(AF_INET, kind | SOCK_CLOEXEC, 0));
        const int yes = 1;
        ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &repeat_after, sizeof repeat_after);
        check(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&local_), sizeof local_) == 0,
              "bind");
        return socket;
    }

    static void expect(int status, int wanted) {
        if (status != wanted)
            throw std::runtime_error("want " + std::to_string(wanted) + ", got " +
                                     std::to_string(status));
    }

    static int get(const Fd& socket, const std::string& name, const std::string& field) {
        const std::string request =
            "GET /" + name + " HTTP/1.1\r\nHost: branch\r\n" + field + "\r\n";
        check(::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(request.size()),
              "send");
        std::string answer;
        std::size_t body = std::string::npos;
        for (int tries = 0; tries < tries_max;) {
            std::array<char, 16384> part{};
            const ssize_t got = ::recv(socket.get(), part.data(), part.size(), 0);
            if (got < 0 && errno == EAGAIN) {
                ++tries;
                continue;
            }
            check(got > 0, "the server closed the connection");
            answer.append(part.data(), static_cast<std::size_t>(got));
            if (body == std::string::npos && (body = answer.find("\r\n\r\n")) == std::string::npos)
                continue;
            const std::size_t at = answer.find("Content-Length: ");
            const bool has_body = answer.compare(9, 3, "304") != 0 && at < body;
            if (answer.size() >= body + 4 + (has_body ? std::stoul(answer.substr(at + 16)) : 0))
                return std::stoi(answer.substr(9, 3));
        }
        throw std::runtime_error("no answer for " + name);
    }

    // The size, an OACK's tsize, is enough unless the whole is wanted: then all of it is read.
    int read(const Fd& socket, const std::string& name, bool whole) const;

    std::uint32_t server_;
    sockaddr_in local_;
    std::string name_;
};

std::string Phone::firmware_date;

int Phone::read(const Fd& socket, const std::string& name, bool whole) const {
    std::string request("\0\1", 2);
    for (const std::string& part : {name, std::string("octet")})
        request += part + '\0';
    if (!whole)
        request += std::string("tsize\0"
                               "0\0",
                               8);
    std::string packet = request;
    sockaddr_in to = endpoint(server_, 69);
    std::uint16_t last = 0;
    bool is_answered = false;
    for (int tries = 0; tries < tries_max;) {
        ::sendto(socket.get(), packet.data(), packet.size(), 0,
                 reinterpret_cast<const sockaddr*>(&to), sizeof to);
        std::array<unsigned char, 2048> part{};
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const ssize_t got = ::recvfrom(socket.get(), part.data(), part.size(), 0,
                                       reinterpret_cast<sockaddr*>(&from), &size);
        if (got < 4) {
            ++tries;
            continue;
        }
        const auto block = static_cast<std::uint16_t>(part[2] << 8 | part[3]);
        // What is repeated of the read before this one is no answer.
        if (is_answered ? from.sin_port != to.sin_port : part[1] == 3 && block != 1)
            continue;
        to = from;
        is_answered = true;
        if (part[1] == 5)
            return 404;
        if (part[1] == 6) { // told the size: ended as devices do, with an ERROR
            const std::string enough("\0\5\0\0seen\0", 9);
            ::sendto(socket.get(), enough.data(), enough.size(), 0,
                     reinterpret_cast<const sockaddr*>(&to), sizeof to);
            return 200;
        }
        if (block == static_cast<std::uint16_t>(last + 1))
            last = block;
        packet = {'\0', '\4', static_cast<char>(last >> 8), static_cast<char>(last & 0xFF)};
        if (block == last && got < 4 + 512) {
            ::sendto(socket.get(), packet.data(), packet.size(), 0,
                     reinterpret_cast<const sockaddr*>(&to), sizeof to);
            return 200;
        }
    }
    throw std::runtime_error("no answer for " + name);
}

std::string http_date(std::time_t time) {
    std::tm parts{};
    std::array<char, 40> text{};
    ::gmtime_r(&time, &parts);
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return text.data();
}

int run(const std::string& protocol, const std::string& server, int phones) {
    std::atomic<bool> has_begun{false};
    std::atomic<int> failed{0};
    std::vector<double> seconds(static_cast<std::size_t>(phones));
    std::vector<std::thread> threads;
    Clock::time_point began;
    for (int number = 0; number < phones; ++number)
        threads.emplace_back([&, number] {
            Phone phone(Ipv4::parse(server).value().number, number);
            has_begun.wait(false);
            try {
                protocol == "http" ? phone.boot_over_http() : phone.boot_over_tftp();
            } catch (const std::exception& error) {
                if (failed++ == 0)
                    std::fprintf(stderr, "boot_load: phone %d: %s\n", number, error.what());
            }
            seconds[static_cast<std::size_t>(number)] =
                std::chrono::duration<double>(Clock::now() - began).count();
        });
    began = Clock::now();
    has_begun = true;
    has_begun.notify_all();
    for (std::thread& thread : threads)
        thread.join();
    std::sort(seconds.begin(), seconds.end());
    std::printf("{\"all_ms\": %.1f, \"half_ms\": %.1f, \"failed\": %d}\n", seconds.back() * 1e3,
                seconds[seconds.size() / 2] * 1e3, failed.load());
    return failed == 0 ? 0 : 1;
}

} // namespace

int main(int count, char** arguments) {
    try {
        if (count != 5)
            throw std::runtime_error("usage: boot_load http|tftp ADDRESS PHONES FIRMWARE_TIME");
        Phone::firmware_date = http_date(std::stol(arguments[4]));
        return run(arguments[1], arguments[2], std::stoi(arguments[3]));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "boot_load: %s\n", error.what());
        return 1;
    }
}
