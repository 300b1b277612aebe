#include "core/base/network.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

TEST(Network, IsRefusedWithWhatWasWanted) {
    EXPECT_EQ(Network::parse("192.0.2.7").value(), (Network{Ipv4{0xC0000207}, 32}));
    EXPECT_TRUE(Network::parse("0.0.0.0/0").value().holds(Ipv4{0xC0000305}));
    for (const char* text : {"", "x", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2/24"})
        EXPECT_EQ(Network::parse(text).error().message.find("network: want ADDRESS/BITS"), 0U)
            << text;
    EXPECT_EQ(Network::parse("192.0.2.7/24").error().message,
              "network: '192.0.2.7/24' has address bits after its prefix: want 192.0.2.0/24");
}

} // namespace
} // namespace plugtone
