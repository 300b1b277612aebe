#include "core/base/secret.hpp"

#include <ostream>
#include <type_traits>

#include <spdlog/fmt/fmt.h>

#include <gtest/gtest.h>

#include "core/base/log.hpp"

namespace plugtone {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
    out << value;
};

// What would put a secret into a log or a message must not compile.
static_assert(!Streamable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!std::is_constructible_v<Field, std::string_view, Secret>);

TEST(Secret, KeepsItsTextForWhoAsks) {
    const Secret secret("p&ss<w>(1)");
    EXPECT_EQ(secret.reveal(), "p&ss<w>(1)");
    EXPECT_FALSE(secret.empty());
    EXPECT_TRUE(Secret().empty());
    EXPECT_TRUE(Secret("a") == Secret("a"));
    EXPECT_FALSE(Secret("a") == Secret("b"));
}

TEST(Secret, IsGoneFromWhereItWasMovedAway) {
    for (const char* text : {"short", "longer than any small-string buffer of a library"}) {
        Secret first{std::string(text)};
        const Secret second(std::move(first));
        EXPECT_EQ(second.reveal(), text);
        EXPECT_TRUE(first.empty()); // NOLINT(bugprone-use-after-move): the promise under test
    }
}

// The memory stays mapped, and ours to look at. Its first bytes link it to other free pieces.
TEST(Secret, IsWipedWhenItGoes) {
    const std::string text = "longer than any small-string buffer of a library";
    const char* memory = nullptr;
    {
        const Secret secret{std::string(text)};
        memory = secret.reveal().data();
    }
    const std::string_view rest(memory + sizeof(void*), text.size() - sizeof(void*));
    EXPECT_EQ(rest, std::string(rest.size(), '\0'));
}

TEST(Secret, WipesWhatItWasMadeFrom) {
    std::string text = "longer than any small-string buffer of a library";
    const std::string_view memory = text; // NOLINTNEXTLINE(bugprone-use-after-move): freed later
    const Secret secret(std::move(text));
    EXPECT_EQ(secret.reveal().size(), memory.size());
    EXPECT_NE(secret.reveal().data(), memory.data()) << "in memory of its own";
}

TEST(Secret, IsReplacedByAssignment) {
    Secret secret("old");
    secret = Secret("new");
    EXPECT_EQ(secret.reveal(), "new");
    const Secret other("another");
    secret = other;
    EXPECT_EQ(secret.reveal(), "another");
    EXPECT_EQ(other.reveal(), "another");
    const Secret& itself = secret;
    secret = itself;
    EXPECT_EQ(secret.reveal(), "another");
}

} // namespace
} // namespace plugtone
