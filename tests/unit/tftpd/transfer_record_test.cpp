#include "tftpd/transfer_record.hpp"

#include <gtest/gtest.h>

namespace plugtone::tftpd {
namespace {

const Mac phone = Mac::parse("000b82000001").value();

TEST(TransferRecord, BecomesAnEventWithTheFieldsThatApply) {
    const TransferRecord record{
        "cfg000b82000001.xml", "tftp", Ipv4{0xC0000205}, phone, phone, 100, "", "GXV-3000",
        "000b82000001"};
    const Event event = event_of(EventKind::transfer_failed, record, {50, "no answer"});
    EXPECT_EQ(encode_event(event), "EVENT=transfer-failed\nNAME=cfg000b82000001.xml\n"
                                   "PROTOCOL=tftp\nPEER=192.0.2.5\nMAC=000b82000001\n"
                                   "OWNER=000b82000001\nSIZE=100\nBYTES=50\nREASON=no answer\n"
                                   "DEVICE_MODEL=GXV-3000\nDEVICE_ID=000b82000001\n");
}

TEST(TransferRecord, FitsItsDatagramWhateverTheDeviceSays) {
    const std::string nasty(8192, '\x01');
    const TransferRecord record{nasty.substr(0, 512), "http", {}, phone, phone, 1, nasty,
                                nasty.substr(0, 400), ""};
    const Event event = event_of(EventKind::transfer_absent, record, {1, "no such file"});
    EXPECT_LE(encode_event(event).size(), event_size_max);
    EXPECT_EQ(event["USER_AGENT"].size(), user_agent_size_max);
}

} // namespace
} // namespace plugtone::tftpd
