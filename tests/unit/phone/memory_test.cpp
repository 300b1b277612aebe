#include "phone/memory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/classes/known_parameters.hpp"
#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

const FileRequest own_xml{FileKind::own_xml, "cfg000b82123456.xml"};

TEST(PhoneMemory, FromTheFactoryItKnowsNothing) {
    const test::TempFolder folder;
    const auto memory = PhoneMemory::load(folder.path("absent"));
    ASSERT_TRUE(memory);
    EXPECT_FALSE(memory->xml_password());
    EXPECT_EQ(memory->asked_name(own_xml), "cfg000b82123456.xml");
}

TEST(PhoneMemory, WhatItTookCountsAtOnce) {
    PhoneMemory memory;
    memory.take({{known::xml_password, "Password1"},
                 {known::config_prefix, "gs_"},
                 {known::config_postfix, "_k1"}});
    EXPECT_EQ(memory.xml_password()->reveal(), "Password1");
    EXPECT_EQ(memory.asked_name(own_xml), "gs_cfg000b82123456.xml_k1");
    EXPECT_EQ(memory.asked_name({FileKind::binary, "cfg000b82123456"}), "gs_cfg000b82123456_k1");
    EXPECT_EQ(memory.asked_name({FileKind::generic, "cfg.xml"}), "gs_cfg.xml_k1");
    EXPECT_EQ(memory.asked_name({FileKind::firmware, "fw.bin"}), "fw.bin");
    EXPECT_EQ(memory.asked_name({FileKind::asked, "x"}), "x");
}

TEST(PhoneMemory, WhatIsMissingStaysAndWhatIsEmptyGoes) {
    PhoneMemory memory;
    memory.take({{known::xml_password, "Password1"}, {known::config_postfix, "_k1"}});
    memory.take({{known::config_postfix, ""}});
    EXPECT_EQ(memory.xml_password()->reveal(), "Password1");
    EXPECT_EQ(memory.asked_name(own_xml), "cfg000b82123456.xml");
}

TEST(PhoneMemory, OutlivesTheBootAndIsForItsOwnerOnly) {
    const test::TempFolder folder;
    PhoneMemory memory;
    memory.take({{known::xml_password, "p&ss<w>"}, {known::config_postfix, "_k1"}});
    ASSERT_TRUE(memory.store(folder.path("state")));
    struct stat status {};
    ASSERT_EQ(::stat(folder.path("state").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    const auto again = PhoneMemory::load(folder.path("state"));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->xml_password()->reveal(), "p&ss<w>");
    EXPECT_EQ(again->asked_name(own_xml), "cfg000b82123456.xml_k1");
}

TEST(PhoneMemory, ADamagedFileIsRefused) {
    const test::TempFolder folder;
    EXPECT_FALSE(PhoneMemory::load(folder.write("state", "not xml")));
}

} // namespace
} // namespace plugtone
