#include "agent/sip_message.hpp"

#include <gmock/gmock.h>

namespace plugtone {
namespace {

using testing::HasSubstr;

const NotifyRequest request{
    {Ipv4{0xC0000207}, 5060}, {Ipv4{0xC0000201}, 40000}, "check-sync", "c1"};

TEST(SipMessage, ANotifyIsWhatRfc3261Asks) {
    EXPECT_EQ(encode_notify(request), "NOTIFY sip:192.0.2.7:5060 SIP/2.0\r\n"
                                      "Via: SIP/2.0/UDP 192.0.2.1:40000;branch=z9hG4bKc1;rport\r\n"
                                      "Max-Forwards: 70\r\n"
                                      "From: <sip:plugtone@192.0.2.1:40000>;tag=c1\r\n"
                                      "To: <sip:192.0.2.7:5060>\r\n"
                                      "Call-ID: c1\r\n"
                                      "CSeq: 1 NOTIFY\r\n"
                                      "Contact: <sip:plugtone@192.0.2.1:40000>\r\n"
                                      "Event: check-sync\r\n"
                                      "Subscription-State: terminated\r\n"
                                      "Content-Length: 0\r\n\r\n");
}

Result<SipResponse> read(const std::string& text) {
    return decode_response(as_bytes(text));
}

std::string refusal(const std::string& text) {
    const auto refused = read(text);
    return refused ? "taken" : refused.error().message;
}

TEST(SipMessage, ReadsAResponse) {
    const auto response = read("SIP/2.0 200 OK\r\n"
                               "Via: SIP/2.0/UDP 192.0.2.1:40000;rport=40000;branch=z9hG4bKc1\r\n"
                               "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKother\r\n"
                               "From: <sip:plugtone@192.0.2.1>;tag=c1\r\n"
                               "Call-ID: c1\r\n"
                               "CSeq: 1 NOTIFY\r\n"
                               "Content-Length: 5\r\n\r\nCSeq: 2 BYE\r\n");
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(*response, (SipResponse{200, "OK", "z9hG4bKc1", "c1", "NOTIFY"}));
    EXPECT_EQ(response->branch, branch_of(request));
    EXPECT_TRUE(response->is_final());
}

TEST(SipMessage, ReadsCompactNamesFoldedLinesAndBareLineFeeds) {
    const auto response = read("SIP/2.0 100\nv:SIP/2.0/UDP x ;\n\t Branch = b1 , SIP/2.0/UDP y\n"
                               "I : c1\ncSEQ:1   NOTIFY");
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(*response, (SipResponse{100, "", "b1", "c1", "NOTIFY"}));
    EXPECT_FALSE(response->is_final());
}

TEST(SipMessage, WhatAPhoneWritesIsPrintable) {
    const auto response =
        read("SIP/2.0 401 \x1b[2J\r\nv: a;branch=b\r\ni: c\r\nCSeq: 1 NOTIFY\r\n");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->reason, "\\x1b[2J");
}

TEST(SipMessage, RefusesWhatIsNoResponse) {
    EXPECT_THAT(refusal(""), HasSubstr("want a response"));
    EXPECT_THAT(refusal("OPTIONS sip:x SIP/2.0\r\n"), HasSubstr("got 'OPTIONS sip:x SIP/2.0'"));
    for (const char* status : {"", "99", "700", "2000 OK", "abc", "20", "-20 x"})
        EXPECT_THAT(refusal("SIP/2.0 " + std::string(status) + "\r\n"), HasSubstr("want a status"))
            << status;
    const std::string via = "v: a;branch=b\r\n", id = "i: c\r\n", sequence = "CSeq: 1 NOTIFY\r\n";
    EXPECT_EQ(refusal("SIP/2.0 200 OK\r\n" + via + id + sequence), "taken");
    for (const std::string& headers :
         {id + sequence, via + sequence, via + id, "v: a;b\r\n" + id + sequence})
        EXPECT_THAT(refusal("SIP/2.0 200 OK\r\n" + headers), HasSubstr("without Via")) << headers;
    EXPECT_THAT(refusal("SIP/2.0 200 OK\r\n" + std::string(sip_response_size_max, 'x')),
                HasSubstr("at most"));
}

} // namespace
} // namespace plugtone
