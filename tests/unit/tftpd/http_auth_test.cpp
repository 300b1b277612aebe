#include "tftpd/http_auth.hpp"

#include <gtest/gtest.h>

namespace plugtone::tftpd {
namespace {

using Verdict = HttpAuthenticator::Verdict;
using TimePoint = HttpAuthenticator::TimePoint;

const TimePoint now = TimePoint(std::chrono::hours(1));

std::string between(const std::string& text, const std::string& before, const std::string& after) {
    const std::size_t from = text.find(before) + before.size();
    return text.substr(from, text.find(after, from) - from);
}

// A client's answer to the challenge.
struct Answering {
    std::string user = "phone";
    std::string password = "geheim";
    std::string algorithm = "SHA-256";
    std::string uri = "/cfg.xml";
    std::string count = "00000001";
    std::string qop = "auth";

    std::string to(const std::string& challenge) const {
        const auto credentials = make_credentials(HttpAuth::digest, user, Secret(password));
        DigestAnswer answer{user, "plugtone", between(challenge, "nonce=\"", "\""),
                            uri,  "",         algorithm,
                            qop,  count,      "c"};
        const std::string& ha1 =
            algorithm == "SHA-256" ? credentials.ha1_sha256 : credentials.ha1_md5;
        answer.response = digest_response(answer, "GET", ha1);
        const std::string more =
            qop.empty() ? "" : ", qop=" + qop + ", nc=" + count + ", cnonce=\"c\"";
        return "Digest username=\"" + user + "\", realm=\"plugtone\", nonce=\"" + answer.nonce +
               "\", uri=\"" + uri + "\", algorithm=" + algorithm + ", response=\"" +
               answer.response + "\"" + more;
    }
};

struct Fixture {
    Verdict verify(const std::string& header, std::string_view target = "/cfg.xml",
                   TimePoint at = now) {
        return authenticator.verify(header, "GET", target, credentials, at);
    }
    std::string challenge(TimePoint at = now) const {
        return authenticator.challenges(HttpAuth::digest, false, at).front();
    }
    HttpAuthenticator authenticator;
    HttpCredentials credentials = make_credentials(HttpAuth::digest, "phone", Secret("geheim"));
};

// RFC 7616 section 3.9.1: the password is "Circle of Life".
TEST(HttpAuth, ComputesTheResponsesOfTheRfc) {
    DigestAnswer answer{"Mufasa",
                        "http-auth@example.org",
                        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                        "/dir/index.html",
                        "",
                        "MD5",
                        "auth",
                        "00000001",
                        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"};
    EXPECT_EQ(digest_response(answer, "GET", "3d78807defe7de2157e2b0b6573a855f"),
              "8ca523f5e9506fed4657c9700eebdbec");
    answer.algorithm = "SHA-256";
    EXPECT_EQ(digest_response(answer, "GET",
                              "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"),
              "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST(HttpAuth, TakesTheRightAnswerInBothAlgorithms) {
    for (const char* algorithm : {"SHA-256", "MD5"}) {
        Fixture f;
        Answering answering;
        answering.algorithm = algorithm;
        EXPECT_EQ(f.verify(answering.to(f.challenge())), Verdict::accepted) << algorithm;
    }
}

TEST(HttpAuth, TakesTheFormOfRfc2069WhichKnowsNoCount) {
    Fixture f;
    Answering answering;
    answering.algorithm = "MD5";
    answering.qop = "";
    EXPECT_EQ(f.verify(answering.to(f.challenge())), Verdict::accepted);
}

TEST(HttpAuth, RefusesAnotherNamePasswordOrTarget) {
    Fixture f;
    Answering answering;
    answering.password = "Geheim";
    EXPECT_EQ(f.verify(answering.to(f.challenge())), Verdict::wrong);
    answering = {};
    answering.user = "other";
    EXPECT_EQ(f.verify(answering.to(f.challenge())), Verdict::wrong);
    answering = {};
    EXPECT_EQ(f.verify(answering.to(f.challenge()), "/other.xml"), Verdict::wrong);
    EXPECT_EQ(f.verify(answering.to(f.challenge()), "http://server/cfg.xml"), Verdict::accepted);
    EXPECT_EQ(f.verify(""), Verdict::missing);
    EXPECT_EQ(f.verify("Basic cGhvbmU6Z2VoZWlt"), Verdict::wrong);
    EXPECT_EQ(f.verify("Digest"), Verdict::wrong);
}

TEST(HttpAuth, AnOverheardAnswerIsOfNoUseASecondTime) {
    Fixture f;
    Answering answering;
    const std::string challenge = f.challenge();
    EXPECT_EQ(f.verify(answering.to(challenge)), Verdict::accepted);
    EXPECT_EQ(f.verify(answering.to(challenge)), Verdict::stale);
    answering.count = "00000002";
    EXPECT_EQ(f.verify(answering.to(challenge)), Verdict::accepted);
}

TEST(HttpAuth, ANonceExpiresAndOneOfAnotherServerIsStale) {
    Fixture f;
    const Answering answering;
    EXPECT_EQ(f.verify(answering.to(f.challenge()), "/cfg.xml", now + std::chrono::minutes(6)),
              Verdict::stale);
    EXPECT_EQ(f.verify(answering.to(Fixture().challenge())), Verdict::stale);
}

TEST(HttpAuth, AForgedNonceNeedNotHoldATimeThatAClockCouldShow) {
    Fixture fixture;
    const std::string challenge = "nonce=\"" + std::string(48, '8') + "\"";
    EXPECT_EQ(fixture.verify(Answering{}.to(challenge)), Verdict::stale);
}

TEST(HttpAuth, NobodyIsAcceptedWhereThereIsNoPassword) {
    for (const HttpAuth kind : {HttpAuth::basic, HttpAuth::digest}) {
        Fixture f;
        f.credentials = make_credentials(kind, "", Secret());
        Answering answering;
        answering.user = answering.password = "";
        EXPECT_EQ(f.verify(answering.to(f.challenge())), Verdict::wrong);
        EXPECT_EQ(f.verify("Basic Og=="), Verdict::wrong);
    }
}

TEST(HttpAuth, ChecksBasicByTheSameDigests) {
    Fixture f;
    f.credentials.kind = HttpAuth::basic;
    EXPECT_EQ(f.verify("Basic cGhvbmU6Z2VoZWlt"), Verdict::accepted);
    EXPECT_EQ(f.verify("basic  cGhvbmU6Z2VoZWlt "), Verdict::accepted);
    EXPECT_EQ(f.verify("Basic cGhvbmU6R2VoZWlt"), Verdict::wrong);
    for (const char* header :
         {"Basic", "Basic ", "Basic =", "Basic ====", "Basic cGhv", "Basic \xff\xff\xff\xff"})
        EXPECT_EQ(f.verify(header), Verdict::wrong) << header;
    EXPECT_EQ(f.authenticator.challenges(HttpAuth::basic, false, now),
              std::vector<std::string>{"Basic realm=\"plugtone\""});
}

TEST(HttpAuth, RefusesAHeaderThatIsNone) {
    for (const char* header :
         {"Digest username=\"a", "Digest a", "Digest a=1, a=2", "Digest username=\"\\"})
        EXPECT_FALSE(parse_digest(header)) << header;
    const auto quoted = parse_digest("DIGEST username=\"a\\\"b\",, qop=auth ,x=y");
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->user, "a\"b");
    EXPECT_EQ(quoted->qop, "auth");
}

} // namespace
} // namespace plugtone::tftpd
