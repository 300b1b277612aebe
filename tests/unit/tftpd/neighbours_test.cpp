#include "tftpd/neighbours.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace plugtone::tftpd {
namespace {

const Ipv4 address{0xC0000205};
const Bytes wire_address{0xC0, 0, 2, 5};
const Mac phone = Mac::parse("000b82000001").value();
const Mac other = Mac::parse("000b82000002").value();

template <class T>
void append(Bytes& bytes, const T& value) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(&value);
    std::copy_n(first, sizeof value, std::back_inserter(bytes));
}

void append_attribute(Bytes& bytes, unsigned short type, ByteView value) {
    append(bytes, rtattr{static_cast<unsigned short>(sizeof(rtattr) + value.size()), type});
    std::copy(value.begin(), value.end(), std::back_inserter(bytes));
    bytes.resize((bytes.size() + 3) & ~std::size_t{3});
}

Bytes message(unsigned short type, const Bytes& body) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + body.size());
    header.nlmsg_type = type;
    Bytes bytes;
    append(bytes, header);
    std::copy(body.begin(), body.end(), std::back_inserter(bytes));
    return bytes;
}

Bytes entry(const Mac& mac, std::uint16_t state, const Bytes& at = wire_address) {
    ndmsg head{};
    head.ndm_family = AF_INET;
    head.ndm_state = state;
    Bytes body;
    append(body, head);
    append_attribute(body, NDA_DST, at);
    append_attribute(body, NDA_LLADDR, mac.bytes());
    return message(RTM_NEWNEIGH, body);
}

Bytes operator+(Bytes left, const Bytes& right) {
    std::copy(right.begin(), right.end(), std::back_inserter(left));
    return left;
}

NeighbourAnswer answer_of(const Bytes& datagram) {
    NeighbourAnswer answer;
    EXPECT_TRUE(read_neighbours(datagram, address, answer));
    return answer;
}

TEST(Neighbours, FindsTheAddressAmongOthers) {
    const auto answer = answer_of(entry(other, NUD_REACHABLE, {0xC0, 0, 2, 6}) +
                                  entry(phone, NUD_STALE) + message(NLMSG_DONE, Bytes(4)));
    EXPECT_EQ(answer.mac, phone);
    EXPECT_TRUE(answer.is_last);
    EXPECT_FALSE(answer.contradicts);
}

TEST(Neighbours, DoesNotBelieveEntriesThatNobodyConfirmed) {
    for (const int state : {NUD_INCOMPLETE, NUD_FAILED, NUD_NOARP, NUD_NONE})
        EXPECT_FALSE(answer_of(entry(phone, static_cast<std::uint16_t>(state))).mac) << state;
}

TEST(Neighbours, NoticesTwoHardwareAddressesAtOneAddress) {
    EXPECT_TRUE(answer_of(entry(phone, NUD_STALE) + entry(other, NUD_STALE)).contradicts);
    EXPECT_FALSE(answer_of(entry(phone, NUD_STALE) + entry(phone, NUD_STALE)).contradicts);
}

TEST(Neighbours, RefusesMessagesCutOff) {
    const Bytes whole = entry(phone, NUD_STALE);
    NeighbourAnswer answer;
    for (std::size_t size = sizeof(nlmsghdr); size < whole.size(); ++size)
        EXPECT_FALSE(read_neighbours(ByteView(whole).first(size), address, answer)) << size;
}

TEST(Neighbours, AsksTheRealKernel) {
    const auto neighbour = find_neighbour(Ipv4{0x7F000001});
    ASSERT_TRUE(neighbour) << neighbour.error().message;
    EXPECT_FALSE(*neighbour); // nobody is this host's neighbour at 127.0.0.1
}

} // namespace
} // namespace plugtone::tftpd
