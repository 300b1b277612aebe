#include "tftpd/transfer_record.hpp"

#include <gtest/gtest.h>

namespace plugtone::tftpd {
namespace {

const Mac phone = Mac::parse("000b82000001").value();

TEST(TransferRecord, BecomesAnEventWithTheFieldsThatApply) {
    TransferRecord record;
    record.name = "cfg000b82000001.xml";
    record.protocol = "tftp";
    record.peer = Ipv4{0xC0000205};
    record.mac = record.owner = phone;
    record.sha256 = "5eed";
    record.size = 100;
    record.device_model = "GXV-3000";
    record.device_firmware = "001.001.003.014";
    record.device_id = "000b82000001";
    const Event event = event_of(EventKind::transfer_failed, record, {50, "no answer", 0});
    EXPECT_EQ(encode_event(event), "EVENT=transfer-failed\nNAME=cfg000b82000001.xml\n"
                                   "PROTOCOL=tftp\nPEER=192.0.2.5\nMAC=000b82000001\n"
                                   "OWNER=000b82000001\nSHA256=5eed\n"
                                   "SIZE=100\nBYTES=50\nREASON=no answer\n"
                                   "DEVICE_MODEL=GXV-3000\nDEVICE_FIRMWARE=001.001.003.014\n"
                                   "DEVICE_ID=000b82000001\n");
}

TEST(TransferRecord, FitsItsDatagramWhateverTheDeviceSays) {
    const std::string nasty(8192, '\x01');
    TransferRecord record;
    record.name = nasty.substr(0, 512);
    record.protocol = "http";
    record.mac = record.owner = phone;
    record.user_agent = nasty;
    record.device_model = nasty.substr(0, 400);
    const Event event = event_of(EventKind::transfer_absent, record, {1, "no such file", 0});
    EXPECT_LE(encode_event(event).size(), event_size_max);
    EXPECT_EQ(event["USER_AGENT"].size(), user_agent_size_max);
}

} // namespace
} // namespace plugtone::tftpd
