// What is refused is in class_file_test.cpp, with the other parts.
#include "core/classes/class_access.hpp"

#include <gtest/gtest.h>

#include "core/classes/class_file.hpp"

namespace plugtone {
namespace {

TEST(ClassAccess, ReadsWhatADeviceMustShow) {
    const std::string text =
        "<device-classes vendor='v'><class name='a'><match oui='000b82'/>"
        "<offer url='http://{server}'/><access rule='certificate' http-auth='digest' "
        "legacy-tls='yes'><client-certificates revoked='a.crl' in='serial' pattern='*{mac}'/>"
        "</access></class></device-classes>";
    const auto classes = parse_class_file("f.xml", as_bytes(text));
    ASSERT_TRUE(classes) << classes.error().message;
    const DeviceClass& made = classes->front();
    EXPECT_EQ(made.access, AccessRule::certificate);
    EXPECT_EQ(made.http_auth, HttpAuth::digest);
    EXPECT_TRUE(made.legacy_tls);
    EXPECT_EQ(made.client_certificates,
              (ClientCertificates{"a.pem", "a.crl", ClientCertificates::Field::serial, "*{mac}"}));
}

TEST(ClassAccess, TheRuleIsLeaseUnlessSaidOtherwise) {
    const std::string text =
        "<device-classes vendor='v'><class name='a'><match oui='000b82'/>"
        "<offer url='http://{server}'/><access http-auth='basic'/></class></device-classes>";
    const auto classes = parse_class_file("f.xml", as_bytes(text));
    ASSERT_TRUE(classes) << classes.error().message;
    EXPECT_EQ(classes->front().access, AccessRule::lease);
    EXPECT_EQ(classes->front().http_auth, HttpAuth::basic);
}

} // namespace
} // namespace plugtone
