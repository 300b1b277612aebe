#include "tests/bench/load/tftp_read.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <sys/socket.h>

namespace plugtone::load {

namespace {

constexpr std::size_t datagram_max = 65536;
constexpr int receive_buffer = 1 << 20; // some windows
constexpr std::chrono::milliseconds repeat_after{200};
constexpr std::uint8_t opcode_read = 1;
constexpr std::uint8_t opcode_data = 3;
constexpr std::uint8_t opcode_ack = 4;
constexpr std::uint8_t opcode_error = 5;
constexpr std::uint8_t opcode_agreement = 6;

std::uint16_t word(const std::uint8_t* bytes) {
    return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

void append(std::vector<std::uint8_t>& packet, std::string_view text) {
    packet.insert(packet.end(), text.begin(), text.end());
    packet.push_back(0);
}

} // namespace

TftpRead::TftpRead(const ReadSettings& settings, std::uint32_t local, unsigned int seed)
    : settings_(settings), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      random_(seed) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(local);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0)
        throw std::system_error(errno, std::generic_category(), "bind");
    request_ = {0, opcode_read};
    append(request_, settings_.name);
    append(request_, "octet");
    if (settings_.blksize != 512) {
        append(request_, "blksize");
        append(request_, std::to_string(settings_.blksize));
    }
    if (settings_.windowsize != 1) {
        append(request_, "windowsize");
        append(request_, std::to_string(settings_.windowsize));
    }
}

Counts TftpRead::counts(Clock::time_point now) const {
    Counts all = counts_;
    if (!is_pausing_)
        all.seconds.push_back(std::chrono::duration<double>(now - began_).count());
    return all;
}

void TftpRead::begin(Clock::time_point now) {
    began_ = now;
    is_answered_ = false;
    is_pausing_ = false;
    last_ = 0;
    since_ack_ = 0;
    has_told_of_gap_ = false;
    blksize_ = 512;
    windowsize_ = 1;
    send_request(now);
}

void TftpRead::on_tick(Clock::time_point now) {
    if (is_pausing_ && now - paused_ >= settings_.pause)
        return begin(now);
    if (is_pausing_ || is_answered_ || now - asked_ < repeat_after)
        return;
    ++counts_.repeated_requests;
    send_request(now);
}

void TftpRead::on_readable(Clock::time_point now) {
    static std::array<std::uint8_t, datagram_max> bytes;
    for (;;) {
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const ssize_t got = ::recvfrom(socket_.get(), bytes.data(), bytes.size(), 0,
                                       reinterpret_cast<sockaddr*>(&from), &size);
        if (got < 0)
            return;
        if (got >= 4 && !is_lost())
            take(bytes.data(), static_cast<std::size_t>(got), from, now);
    }
}

bool TftpRead::is_lost() {
    return settings_.loss > 0 &&
           std::uniform_real_distribution<double>(0, 1)(random_) < settings_.loss;
}

void TftpRead::send(const std::uint8_t* bytes, std::size_t size, const sockaddr_in& to) {
    if (!is_lost())
        ::sendto(socket_.get(), bytes, size, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

void TftpRead::send_request(Clock::time_point now) {
    asked_ = now;
    send(request_.data(), request_.size(), settings_.server);
}

void TftpRead::acknowledge() {
    since_ack_ = 0;
    const std::array<std::uint8_t, 4> packet{0, opcode_ack, static_cast<std::uint8_t>(last_ >> 8),
                                             static_cast<std::uint8_t>(last_ & 0xFF)};
    send(packet.data(), packet.size(), transfer_);
}

void TftpRead::take(const std::uint8_t* bytes, std::size_t size, const sockaddr_in& from,
                    Clock::time_point now) {
    const std::uint16_t opcode = word(bytes);
    if (!is_answered_) {
        // What is repeated of the read before this one is no answer.
        if (opcode == opcode_data && word(bytes + 2) != 1)
            return;
        transfer_ = from;
        is_answered_ = true;
    }
    if (is_pausing_ || from.sin_port != transfer_.sin_port)
        return;
    if (opcode == opcode_error)
        throw std::runtime_error("the server refuses: " +
                                 std::string(bytes + 4, bytes + size - (size > 4 ? 1 : 0)));
    if (opcode == opcode_agreement)
        take_agreement(bytes, size);
    else if (opcode == opcode_data)
        take_block(bytes, size, now);
}

void TftpRead::take_agreement(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    std::vector<std::string> parts;
    for (std::size_t at = 2; at < size;) {
        const std::size_t end = text.find('\0', at);
        if (end == std::string_view::npos)
            break;
        parts.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    for (std::size_t at = 0; at + 1 < parts.size(); at += 2) {
        if (parts[at] == "blksize")
            blksize_ = std::stoi(parts[at + 1]);
        if (parts[at] == "windowsize")
            windowsize_ = std::stoi(parts[at + 1]);
    }
    acknowledge();
}

void TftpRead::take_block(const std::uint8_t* bytes, std::size_t size, Clock::time_point now) {
    const std::uint16_t block = word(bytes + 2);
    if (block != static_cast<std::uint16_t>(last_ + 1)) {
        // RFC 7440 section 4: once for a gap. A repeated block wants its acknowledgement anew.
        if (block == last_ || !has_told_of_gap_)
            acknowledge();
        has_told_of_gap_ = block != last_;
        return;
    }
    has_told_of_gap_ = false;
    last_ = block;
    counts_.bytes += size - 4;
    const bool is_end = static_cast<int>(size) - 4 < blksize_;
    if (++since_ack_ >= windowsize_ || is_end)
        acknowledge();
    if (!is_end)
        return;
    ++counts_.reads;
    counts_.seconds.push_back(std::chrono::duration<double>(now - began_).count());
    if (settings_.pause.count() == 0)
        return begin(now);
    is_pausing_ = true;
    paused_ = now;
}

} // namespace plugtone::load
