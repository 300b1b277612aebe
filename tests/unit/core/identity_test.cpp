#include "core/classes/identity.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

TEST(Identity, ModelIsInTheVendorClass) {
    EXPECT_EQ(model_of("Grandstream GXP2160 dslforum.org"), "gxp2160");
    EXPECT_EQ(model_of("HT8XX dslforum.org"), "ht8xx");
    EXPECT_EQ(model_of("grandstream HT801"), "ht801");
    EXPECT_EQ(model_of("yealink"), "yealink");
    EXPECT_EQ(model_of("  GXP2160  "), "gxp2160");
}

TEST(Identity, ModelIsEmptyWhenThereIsNoneOrItIsNoPlainWord) {
    for (const char* text : {"", " ", "Grandstream", "dslforum.org", "Grandstream dslforum.org",
                             "Grandstream ../../x", "a/b", "<x>", "ä", "a\x01"})
        EXPECT_EQ(model_of(text), "") << text;
}

} // namespace
} // namespace plugtone
