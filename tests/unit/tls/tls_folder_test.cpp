#include "agent/tls/tls_folder.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <openssl/pem.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t now = 1'800'000'000;
constexpr std::int64_t day = 86'400;

class TlsFolderTest : public testing::Test {
protected:
    std::string file(const std::string& name) const { return root_.path("tls/" + name); }
    Certificate first_in(const std::string& name) const {
        auto all = parse_certificates(name, as_bytes(test::content_of(file(name))));
        EXPECT_TRUE(all) << all.error().message;
        return all ? std::move(all->front()) : nullptr;
    }
    std::vector<std::string> entries() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(root_.path("tls")))
            names.push_back(entry.path().filename().string());
        std::sort(names.begin(), names.end());
        return names;
    }
    static mode_t mode_of(const std::string& path) {
        return static_cast<mode_t>(fs::status(path).permissions());
    }

    test::TempFolder root_;
    TlsFolder folder_{root_.path("tls")};
};

TEST_F(TlsFolderTest, InitMakesAnAuthorityAndAServersCertificateThatBelongTogether) {
    const auto made = folder_.init({"192.0.2.1", "phones.example.net"}, now);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_THAT(*made, ElementsAre(file("ca.key"), file("ca.pem"), file("server.pem")));
    EXPECT_THAT(entries(), ElementsAre("ca.key", "ca.pem", "clients", "server.pem"));
    const Certificate authority = first_in("ca.pem");
    const Certificate server = first_in("server.pem");
    EXPECT_TRUE(is_signed_by(server.get(), authority.get()));
    const auto key = parse_key("server.pem", as_bytes(test::content_of(file("server.pem"))));
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_TRUE(is_key_of(key->get(), server.get()));
    const CertificateFacts facts = facts_of(server.get());
    EXPECT_EQ(facts.subject, "192.0.2.1");
    EXPECT_THAT(facts.names, ElementsAre("192.0.2.1", "phones.example.net"));
    EXPECT_EQ(facts.key, "RSA 2048");
    EXPECT_FALSE(facts.is_authority);
    EXPECT_TRUE(facts_of(authority.get()).is_authority);
}

TEST_F(TlsFolderTest, NobodyElseReadsTheKeys) {
    ASSERT_TRUE(folder_.init({"192.0.2.1"}, now));
    EXPECT_EQ(mode_of(file("ca.key")), 0600U);
    EXPECT_EQ(mode_of(file("server.pem")), 0600U);
    EXPECT_EQ(mode_of(file("ca.pem")), 0644U);
    EXPECT_THAT(test::content_of(file("ca.pem")), testing::Not(HasSubstr("PRIVATE")));
}

TEST_F(TlsFolderTest, AFolderThatPassesItsGroupOnLetsTheGroupReadTheServersKeyAlone) {
    fs::create_directory(root_.path("tls"));
    fs::permissions(root_.path("tls"), fs::perms::set_gid, fs::perm_options::add);
    ASSERT_TRUE(folder_.init({"192.0.2.1"}, now));
    EXPECT_EQ(mode_of(file("server.pem")), 0640U);
    EXPECT_EQ(mode_of(file("ca.key")), 0600U);
    ASSERT_TRUE(folder_.renew({}, now));
    EXPECT_EQ(mode_of(file("server.pem")), 0640U);
}

TEST_F(TlsFolderTest, ACertificateHoldsFromYesterdayForSlowClocks) {
    ASSERT_TRUE(folder_.init({"192.0.2.1"}, now));
    for (const char* name : {"ca.pem", "server.pem"})
        EXPECT_EQ(facts_of(first_in(name).get()).not_before, now - day) << name;
}

TEST_F(TlsFolderTest, InitNeverReplacesWhatIsThere) {
    ASSERT_TRUE(folder_.init({"192.0.2.1"}, now));
    const std::string before = test::content_of(file("server.pem"));
    const auto again = folder_.init({"192.0.2.1"}, now);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind, ErrorKind::conflict);
    EXPECT_THAT(again.error().message, HasSubstr("tls renew"));
    EXPECT_EQ(test::content_of(file("server.pem")), before);
}

TEST_F(TlsFolderTest, InitGoesOnWhereItWasBrokenOff) {
    ASSERT_TRUE(folder_.init({"192.0.2.1"}, now));
    const std::string authority = test::content_of(file("ca.pem"));
    fs::remove(file("server.pem"));
    const auto second = folder_.init({"192.0.2.1"}, now);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_THAT(*second, ElementsAre(file("server.pem")));
    EXPECT_EQ(test::content_of(file("ca.pem")), authority);

    const std::string key = test::content_of(file("ca.key"));
    fs::remove(file("server.pem"));
    fs::remove(file("ca.pem"));
    ASSERT_TRUE(folder_.init({"192.0.2.1"}, now));
    EXPECT_EQ(test::content_of(file("ca.key")), key);
    EXPECT_TRUE(is_signed_by(first_in("server.pem").get(), first_in("ca.pem").get()));
}

TEST_F(TlsFolderTest, AnAuthorityWithoutItsKeyOrWithAnothersIsRefused) {
    ASSERT_TRUE(folder_.init({"192.0.2.1"}, now));
    const std::string key = test::content_of(file("ca.key"));
    fs::remove(file("server.pem"));
    fs::remove(file("ca.key"));
    const auto without = folder_.init({"192.0.2.1"}, now);
    ASSERT_FALSE(without);
    EXPECT_THAT(without.error().message, HasSubstr("has no ca.key beside it"));

    const auto other = make_key();
    ASSERT_TRUE(other);
    root_.write("tls/ca.key", std::string(key_text(other->get())->reveal()));
    const auto wrong = folder_.init({"192.0.2.1"}, now);
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message, HasSubstr("is not the key of"));
    EXPECT_FALSE(fs::exists(file("server.pem")));
}

TEST_F(TlsFolderTest, NamesThatNoUrlCouldHaveAreRefusedBeforeAnythingIsMade) {
    for (const char* name :
         {"", "a b", "x,IP:1.2.3.4", "1.2.3", ".a", "a..b", "-a", "*.example.net", "über"}) {
        const auto made = folder_.init({"192.0.2.1", name}, now);
        ASSERT_FALSE(made) << name;
        EXPECT_THAT(made.error().message, HasSubstr("want an IPv4 address or a host's name"));
    }
    EXPECT_FALSE(fs::exists(root_.path("tls")));
}

TEST_F(TlsFolderTest, RenewKeepsTheNamesAndTheAuthorityAndChangesTheKey) {
    ASSERT_TRUE(folder_.init({"192.0.2.1", "phones.example.net"}, now));
    const CertificateFacts before = facts_of(first_in("server.pem").get());
    const auto made = folder_.renew({}, now + 800 * day);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->names, before.names);
    EXPECT_NE(made->fingerprint, before.fingerprint);
    EXPECT_GT(made->not_after, before.not_after);
    const Certificate server = first_in("server.pem");
    EXPECT_TRUE(is_signed_by(server.get(), first_in("ca.pem").get()));
    const auto key = parse_key("server.pem", as_bytes(test::content_of(file("server.pem"))));
    EXPECT_TRUE(is_key_of(key->get(), server.get()));
    EXPECT_THAT(folder_.renew({"198.51.100.1"}, now)->names, ElementsAre("198.51.100.1"));
}

TEST_F(TlsFolderTest, NoServersCertificateOutlivesItsAuthority) {
    ASSERT_TRUE(folder_.init({"192.0.2.1"}, now));
    const std::int64_t end = facts_of(first_in("ca.pem").get()).not_after;
    const auto late = folder_.renew({}, end - day);
    ASSERT_TRUE(late) << late.error().message;
    EXPECT_EQ(late->not_after, end);
    const auto too_late = folder_.renew({}, end + day);
    ASSERT_FALSE(too_late);
    EXPECT_THAT(too_late.error().message, HasSubstr("has ended"));
}

TEST_F(TlsFolderTest, RenewWantsSomethingToRenew) {
    const auto made = folder_.renew({}, now);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::not_found);
    EXPECT_THAT(made.error().message, HasSubstr("server.pem"));
}

class TrustTest : public TlsFolderTest {
protected:
    TrustTest() {
        auto key = make_key();
        key_ = std::move(*key);
        authority_ = *make_authority(key_.get(), "Phone maker", now, std::chrono::days(100));
        anchors_ = root_.write("maker.pem", *certificate_text(authority_.get()));
    }
    // Of the phones' maker, unless said otherwise; in time for 'now' whenever that is.
    std::string revocation_list(EVP_PKEY* signer) {
        const RevocationList list(X509_CRL_new());
        using Time = Handle<ASN1_TIME, &ASN1_TIME_free>;
        const Time from(X509_gmtime_adj(nullptr, -day));
        const Time to(X509_gmtime_adj(nullptr, day));
        EXPECT_EQ(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2), 1);
        EXPECT_EQ(X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(authority_.get())), 1);
        EXPECT_EQ(X509_CRL_set1_lastUpdate(list.get(), from.get()), 1);
        EXPECT_EQ(X509_CRL_set1_nextUpdate(list.get(), to.get()), 1);
        EXPECT_NE(X509_CRL_sign(list.get(), signer, EVP_sha256()), 0);
        const Handle<BIO, &BIO_free> memory(BIO_new(BIO_s_mem()));
        EXPECT_EQ(PEM_write_bio_X509_CRL(memory.get(), list.get()), 1);
        char* text = nullptr;
        const long size = BIO_get_mem_data(memory.get(), &text);
        return root_.write("maker.crl", std::string(text, static_cast<std::size_t>(size)));
    }

    Key key_;
    Certificate authority_;
    std::string anchors_;
    const ClientCertificates plain_{"gxp.pem", ""};
    const ClientCertificates listed_{"gxp.pem", "gxp.crl"};
};

TEST_F(TrustTest, PutsTheAnchorsWhereTheClassLooksForThemWithoutWhatElseTheFileHeld) {
    const std::string mixed = root_.write(
        "mixed.pem", test::content_of(anchors_) + std::string(key_text(key_.get())->reveal()));
    const auto put = folder_.trust(plain_, mixed, "", now);
    ASSERT_TRUE(put) << put.error().message;
    EXPECT_THAT(*put, ElementsAre(file("clients/gxp.pem")));
    EXPECT_EQ(test::content_of(file("clients/gxp.pem")), test::content_of(anchors_));
}

TEST_F(TrustTest, APhonesOwnCertificateIsNoAnchorNorIsOneThatHasEnded) {
    const auto own = make_server(authority_.get(), key_.get(), key_.get(), {"phone"}, now,
                                 std::chrono::days(10));
    ASSERT_TRUE(own);
    const auto phone =
        folder_.trust(plain_, root_.write("phone.pem", *certificate_text(own->get())), "", now);
    ASSERT_FALSE(phone);
    EXPECT_THAT(phone.error().message, HasSubstr("'phone' is no authority's certificate"));
    const auto ended = folder_.trust(plain_, anchors_, "", now + 101 * day);
    ASSERT_FALSE(ended);
    EXPECT_THAT(ended.error().message, HasSubstr("has ended"));
    EXPECT_FALSE(fs::exists(root_.path("tls")));
}

TEST_F(TrustTest, WhatIsNoPemIsRefused) {
    for (const std::string& content :
         {std::string("nothing"), std::string(),
          test::content_of(anchors_) + "-----BEGIN CERTIFICATE-----\nAA"}) {
        const auto put = folder_.trust(plain_, root_.write("bad.pem", content), "", now);
        ASSERT_FALSE(put) << content;
        EXPECT_THAT(put.error().message, HasSubstr("bad.pem: want certificates (PEM)"));
    }
}

TEST_F(TrustTest, AClassWithARevocationListWantsItAndKeepsIt) {
    const auto without = folder_.trust(listed_, anchors_, "", now);
    ASSERT_FALSE(without);
    EXPECT_THAT(without.error().message, HasSubstr("--revoked"));
    const auto with = folder_.trust(listed_, anchors_, revocation_list(key_.get()), now);
    ASSERT_TRUE(with) << with.error().message;
    EXPECT_THAT(*with, ElementsAre(file("clients/gxp.crl"), file("clients/gxp.pem")));
    const auto later = folder_.trust(listed_, anchors_, "", now);
    ASSERT_TRUE(later) << later.error().message;
    EXPECT_THAT(*later, ElementsAre(file("clients/gxp.pem")));
    const auto needless = folder_.trust(plain_, anchors_, anchors_, now);
    ASSERT_FALSE(needless);
    EXPECT_THAT(needless.error().message, HasSubstr("names no revocation list"));
}

TEST_F(TrustTest, AListOfSomebodyElseIsRefused) {
    const auto other = make_key();
    const auto put = folder_.trust(listed_, anchors_, revocation_list(other->get()), now);
    ASSERT_FALSE(put);
    EXPECT_THAT(put.error().message, HasSubstr("no trust anchor of the class signed"));
    EXPECT_FALSE(fs::exists(root_.path("tls")));
}

TEST_F(TrustTest, ShowHasAllOfThem) {
    const auto nothing = folder_.show();
    ASSERT_TRUE(nothing);
    EXPECT_THAT(*nothing, IsEmpty());
    ASSERT_TRUE(folder_.init({"192.0.2.1"}, now));
    ASSERT_TRUE(folder_.trust(listed_, anchors_, revocation_list(key_.get()), now));
    const auto all = folder_.show();
    ASSERT_TRUE(all) << all.error().message;
    std::vector<std::string> shown;
    for (const auto& [name, facts] : *all)
        shown.push_back(name + " " + facts.subject);
    EXPECT_THAT(shown, ElementsAre("ca.pem Plugtone private authority", "server.pem 192.0.2.1",
                                   "clients/gxp.pem Phone maker"));
    root_.write("tls/clients/bad.pem", "nothing");
    const auto bad = folder_.show();
    ASSERT_FALSE(bad);
    EXPECT_THAT(bad.error().message, HasSubstr("bad.pem"));
}

} // namespace
} // namespace plugtone
