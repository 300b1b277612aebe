// tftp_load: many clients that read one file over TFTP again and again; what they got, as JSON.
//
// usage: tftp_load ADDRESS NAME CLIENTS SECONDS [--blksize N] [--window N] [--loss PERCENT]
//                  [--from A.B.C.D] [--spread] [--pause MS]
//        tftp_load ADDRESS NAME flood SECONDS --rate PER_SECOND --from A.B.C.D
//
// --spread gives each client an address of its own, from --from on. flood only asks.
#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "core/base/ipv4.hpp"
#include "core/base/text.hpp"
#include "tests/bench/load/tftp_read.hpp"

namespace {

using namespace plugtone;
using namespace plugtone::load;

constexpr std::uint16_t tftp_port = 69;
constexpr std::chrono::milliseconds tick{5};

struct Line {
    ReadSettings reads;
    int clients = 1;
    double seconds = 1;
    double rate = 0; // of a flood
    std::uint32_t from = INADDR_LOOPBACK;
    bool spread = false;
};

std::uint32_t address(const std::string& text) {
    const auto parsed = Ipv4::parse(text);
    if (!parsed)
        throw std::runtime_error("want an IPv4 address, got '" + text + "'");
    return parsed->number;
}

Line read_line(const std::vector<std::string>& words) {
    if (words.size() < 4)
        throw std::runtime_error("usage: tftp_load ADDRESS NAME CLIENTS|flood SECONDS [OPTION…]");
    Line line;
    line.reads.server.sin_family = AF_INET;
    line.reads.server.sin_port = htons(tftp_port);
    line.reads.server.sin_addr.s_addr = htonl(address(words[0]));
    line.reads.name = words[1];
    line.clients = words[2] == "flood" ? 0 : std::stoi(words[2]);
    line.seconds = std::stod(words[3]);
    for (std::size_t at = 4; at < words.size(); ++at) {
        if (words[at] == "--spread") {
            line.spread = true;
            continue;
        }
        const std::string& value = words.at(at + 1);
        if (words[at] == "--blksize")
            line.reads.blksize = std::stoi(value);
        else if (words[at] == "--window")
            line.reads.windowsize = std::stoi(value);
        else if (words[at] == "--loss")
            line.reads.loss = std::stod(value) / 100;
        else if (words[at] == "--pause")
            line.reads.pause = std::chrono::milliseconds(std::stoi(value));
        else if (words[at] == "--from")
            line.from = address(value);
        else if (words[at] == "--rate")
            line.rate = std::stod(value);
        else
            throw std::runtime_error("no such option: " + words[at]);
        ++at;
    }
    return line;
}

double part_below(std::vector<double>& sorted, double part) {
    if (sorted.empty())
        return 0;
    const auto at = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1));
    return sorted[at];
}

double own_cpu() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void report(const std::vector<std::unique_ptr<TftpRead>>& clients, double seconds) {
    std::vector<double> times;
    std::vector<double> bytes;
    std::uint64_t reads = 0;
    std::uint64_t repeated = 0;
    const Clock::time_point now = Clock::now();
    for (const auto& client : clients) {
        const Counts counts = client->counts(now);
        times.insert(times.end(), counts.seconds.begin(), counts.seconds.end());
        bytes.push_back(static_cast<double>(counts.bytes));
        reads += counts.reads;
        repeated += counts.repeated_requests;
    }
    std::sort(times.begin(), times.end());
    const double sum = std::accumulate(bytes.begin(), bytes.end(), 0.0);
    const double mean = sum / static_cast<double>(bytes.size());
    std::printf("{\"reads_per_s\": %.1f, \"mb_per_s\": %.2f, \"p50_ms\": %.2f, \"p99_ms\": %.2f, "
                "\"max_ms\": %.2f, \"slowest_of_mean\": %.3f, \"repeated_requests\": %llu, "
                "\"load_cpu\": %.2f, \"bytes\": %.0f, \"reads\": %llu}\n",
                static_cast<double>(reads) / seconds, sum / 1e6 / seconds,
                part_below(times, 0.5) * 1e3, part_below(times, 0.99) * 1e3,
                part_below(times, 1) * 1e3,
                mean > 0 ? *std::min_element(bytes.begin(), bytes.end()) / mean : 0,
                static_cast<unsigned long long>(repeated), own_cpu() / seconds, sum,
                static_cast<unsigned long long>(reads));
}

void read_all(const Line& line) {
    const Fd poll(::epoll_create1(EPOLL_CLOEXEC));
    std::vector<std::unique_ptr<TftpRead>> clients;
    for (int at = 0; at < line.clients; ++at) {
        const std::uint32_t local = line.from + (line.spread ? static_cast<std::uint32_t>(at) : 0U);
        clients.push_back(
            std::make_unique<TftpRead>(line.reads, local, static_cast<unsigned int>(at)));
        epoll_event wanted{EPOLLIN, {.ptr = clients.back().get()}};
        ::epoll_ctl(poll.get(), EPOLL_CTL_ADD, clients.back()->socket(), &wanted);
    }
    const Clock::time_point began = Clock::now();
    const auto end = began + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(line.seconds));
    for (const auto& client : clients)
        client->begin(began);
    Clock::time_point ticked = began;
    std::array<epoll_event, 64> ready{};
    for (Clock::time_point now = began; now < end; now = Clock::now()) {
        const int count = ::epoll_wait(poll.get(), ready.data(), ready.size(), tick.count());
        now = Clock::now();
        for (int at = 0; at < count; ++at)
            static_cast<TftpRead*>(ready.at(static_cast<std::size_t>(at)).data.ptr)
                ->on_readable(now);
        if (now - ticked < tick)
            continue;
        ticked = now;
        for (const auto& client : clients)
            client->on_tick(now);
    }
    report(clients, line.seconds);
}

// Asks at the rate, and never answers what comes.
void flood(const Line& line) {
    TftpRead asking(line.reads, line.from, 0);
    const Clock::time_point began = Clock::now();
    double sent = 0;
    for (double passed = 0; passed < line.seconds;) {
        passed = std::chrono::duration<double>(Clock::now() - began).count();
        for (; sent < passed * line.rate; ++sent)
            asking.begin(began);
    }
    std::printf("{\"asked_per_s\": %.0f}\n", sent / line.seconds);
}

} // namespace

int main(int count, char** arguments) {
    try {
        const Line line = read_line({arguments + 1, arguments + count});
        line.clients > 0 ? read_all(line) : flood(line);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tftp_load: %s\n", error.what());
        return 1;
    }
}
