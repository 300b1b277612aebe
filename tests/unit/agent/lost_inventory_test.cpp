#include "agent/lost_inventory.hpp"

#include <filesystem>

#include "tests/unit/agent/running_agent.hpp"

namespace plugtone {
namespace {

using testing::HasSubstr;

class LostInventory : public test::RunningAgent {
protected:
    Done check() { return check_inventory_is_kept(*inventory_, folder_.path(), "the file"); }
    void lose() {
        stop();
        for (const char* name : {"db", "db-wal", "db-shm"})
            std::filesystem::remove(folder_.path(name));
        inventory_ = std::make_unique<Inventory>(folder_.path("db"), test::test_box());
    }
};

TEST_F(LostInventory, OneThatHasPublishedIsTaken) {
    add();
    EXPECT_TRUE(check());
}

TEST_F(LostInventory, AnEmptyOneBeforeATreeWithPhonesIsRefused) {
    add();
    add(test::other_phone);
    lose();
    const Done refused = check();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::refused);
    EXPECT_THAT(refused.error().message, HasSubstr("the file: the database is empty"));
    EXPECT_THAT(refused.error().message, HasSubstr("files of 2 devices"));
    EXPECT_THAT(refused.error().message, HasSubstr("docs/database.md"));
    EXPECT_THAT(refused.error().message, HasSubstr("remove " + folder_.path("config")));
}

TEST_F(LostInventory, AnEmptyOneWithoutATreeIsABranchThatBegins) {
    lose();
    EXPECT_TRUE(check()) << "generic files are nobody's";
    std::filesystem::remove(folder_.path("config"));
    EXPECT_TRUE(check());
}

} // namespace
} // namespace plugtone
