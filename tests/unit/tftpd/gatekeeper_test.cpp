#include "tftpd/gatekeeper.hpp"

#include <gtest/gtest.h>

namespace plugtone::tftpd {
namespace {

const Ipv4 inside{0xC0000205};
const Ipv4 outside{0xC0000305};

TEST(Gatekeeper, AdmitsTheNetworksThatMayAsk) {
    Metrics metrics;
    Gatekeeper all({}, {}, metrics);
    EXPECT_TRUE(all.admits_network(outside));
    Gatekeeper some({Network::parse("192.0.2.0/24").value()}, {}, metrics);
    EXPECT_TRUE(some.admits_network(inside));
    EXPECT_FALSE(some.admits_network(outside));
    EXPECT_NE(metrics.text().find("refusals_total{why=\"network\"} 1"), std::string::npos);
}

TEST(Gatekeeper, CountsWhoAsksTooOften) {
    Metrics metrics;
    Gatekeeper gate({}, {1, 1}, metrics);
    EXPECT_TRUE(gate.admits_request(inside, {}));
    EXPECT_FALSE(gate.admits_request(inside, {}));
    EXPECT_NE(metrics.text().find("refusals_total{why=\"rate\"} 1"), std::string::npos);
}

} // namespace
} // namespace plugtone::tftpd
