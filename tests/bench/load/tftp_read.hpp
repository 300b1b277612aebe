// One client's reads over TFTP, again and again, as a device's boot loader does them (RFC 1350,
// 2347, 2348, 7440), for the load generator. It loses packets when told to. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <netinet/in.h>

#include "core/base/fd.hpp"

namespace plugtone::load {

using Clock = std::chrono::steady_clock;

struct ReadSettings {
    sockaddr_in server{};
    std::string name;
    int blksize = 512;
    int windowsize = 1;
    double loss = 0;                    // of packets, each way
    std::chrono::milliseconds pause{0}; // between two reads
};

struct Counts {
    std::uint64_t reads = 0;
    std::uint64_t bytes = 0;
    std::uint64_t repeated_requests = 0;
    std::vector<double> seconds; // of each read
};

class TftpRead {
public:
    // local: the address that it asks from, host byte order. Throws std::system_error.
    TftpRead(const ReadSettings& settings, std::uint32_t local, unsigned int seed);

    int socket() const { return socket_.get(); }
    // With the time that the read under way has taken: who waits for ever must be seen, too.
    Counts counts(Clock::time_point now) const;
    // Asks for the file; at the beginning, and by itself after each read.
    void begin(Clock::time_point now);
    // Takes what has come.
    void on_readable(Clock::time_point now);
    // Begins the next read after a pause. Repeats a request that nobody answered for 200 ms.
    // Acknowledgements are never repeated by themselves: it is the server's part to find out what
    // was lost.
    void on_tick(Clock::time_point now);

private:
    bool is_lost();
    void send(const std::uint8_t* bytes, std::size_t size, const sockaddr_in& to);
    void send_request(Clock::time_point now);
    void acknowledge();
    void take(const std::uint8_t* bytes, std::size_t size, const sockaddr_in& from,
              Clock::time_point now);
    void take_agreement(const std::uint8_t* bytes, std::size_t size);
    void take_block(const std::uint8_t* bytes, std::size_t size, Clock::time_point now);

    const ReadSettings& settings_;
    Fd socket_;
    std::mt19937 random_;
    Counts counts_;
    std::vector<std::uint8_t> request_;
    Clock::time_point began_;
    Clock::time_point asked_;
    Clock::time_point paused_;
    sockaddr_in transfer_{}; // the server's side of it, once it has answered
    bool is_answered_ = false;
    bool is_pausing_ = false;
    std::uint16_t last_ = 0; // block in order
    int since_ack_ = 0;
    bool has_told_of_gap_ = false;
    int blksize_ = 512;
    int windowsize_ = 1;
};

} // namespace plugtone::load
