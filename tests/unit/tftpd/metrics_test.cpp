#include "tftpd/metrics.hpp"

#include <gtest/gtest.h>

#include <string>

namespace plugtone::tftpd {
namespace {

TEST(Metrics, CountTransfersByProtocolResultClassAndModel) {
    Metrics metrics;
    metrics.ended({"tftp", "done", "phones", "GXP2130", 1000, 2, std::chrono::milliseconds(3)});
    const std::string text = metrics.text();
    const std::string labels =
        "{class=\"phones\",model=\"GXP2130\",protocol=\"tftp\",result=\"done\"}";
    EXPECT_NE(text.find("plugtone_tftpd_transfers_total" + labels + " 1"), std::string::npos);
    EXPECT_NE(text.find("plugtone_tftpd_bytes_total" + labels + " 1000"), std::string::npos);
    EXPECT_NE(text.find("plugtone_tftpd_packets_repeated_total 2"), std::string::npos);
}

TEST(Metrics, ClientsCannotMakeThemGrow) {
    Metrics metrics;
    for (int count = 0; count < 1000; ++count)
        metrics.ended({"tftp", "absent", "", "model" + std::to_string(count), 0, 0, {}});
    const std::string text = metrics.text();
    EXPECT_NE(text.find("model=\"other\""), std::string::npos);
    EXPECT_EQ(text.find("model999"), std::string::npos);
    metrics.ended({"tftp", "absent", "", "a\"}\nb", 0, 0, {}});
    EXPECT_EQ(metrics.text().find("a\"}"), std::string::npos);
}

} // namespace
} // namespace plugtone::tftpd
