// A branch in a folder of its own, as the agent finds it, with one class and a dictionary.
#pragma once

#include <memory>

#include <gmock/gmock.h>

#include "agent/operations.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone::test {

inline constexpr const char* phone = "000b82123456";
inline constexpr const char* other_phone = "000b82000001";
inline constexpr const char* phone_file = "gs_@/cfg000b82123456.xml";

inline DeviceChange settings_of(TypedSettings settings) {
    DeviceChange change;
    change.settings = std::move(settings);
    return change;
}

class RunningAgent : public testing::Test {
protected:
    RunningAgent() {
        folder_.write("classes/gxp.xml", gxp_class);
        folder_.write("parameters/acme.xml", dictionary_xml);
        restart();
    }
    // A new agent on the same disk.
    void restart() {
        stop();
        inventory_ = std::make_unique<Inventory>(folder_.path("db"), test_box());
        states_ = std::make_unique<DeviceStates>(inventory_->database());
        pipeline_ = std::make_unique<Pipeline>(
            *inventory_, publisher_, *states_, folders(),
            [this](Generation generation, const std::string& what, const Scope& scope) {
                published_.emplace_back(generation, what);
                scopes_.push_back(scope);
            });
        operations_ = std::make_unique<Operations>(*pipeline_);
        const Done started = pipeline_->start();
        EXPECT_TRUE(started) << started.error().message;
    }
    void stop() {
        operations_.reset();
        pipeline_.reset();
        states_.reset();
        inventory_.reset();
    }
    DefinitionFolders folders() const {
        return {{folder_.path("classes")}, {folder_.path("parameters")}};
    }
    void add(const char* mac = phone, const std::string& class_name = "gxp",
             const TypedSettings& settings = {}) {
        const auto added = operations_->add_device({mac_of(mac), class_name, "", settings});
        ASSERT_TRUE(added) << added.error().message;
    }
    Result<Notes> set(const TypedSettings& settings, const char* mac = phone) {
        return operations_->change_device(mac_of(mac), settings_of(settings));
    }
    ParameterSet parameters(const char* mac = phone) { return inventory_->parameters(mac_of(mac)); }
    std::map<std::string, std::string> live_files() const {
        return files_below(folder_.path("config/"));
    }
    std::string generation(Generation number) const {
        return folder_.path("generations/" + std::to_string(number));
    }
    // A full disk is played by a constraint that SQLite checks only at the commit.
    void let_commits_fail() {
        for (const char* statement :
             {"CREATE TABLE anchor (x INTEGER PRIMARY KEY)",
              "CREATE TABLE trap (x INTEGER REFERENCES anchor (x) DEFERRABLE INITIALLY DEFERRED)",
              "CREATE TRIGGER spring AFTER INSERT ON generation BEGIN INSERT INTO trap VALUES (1); "
              "END"})
            inventory_->database() << statement;
    }
    void let_commits_be() { inventory_->database() << "DROP TRIGGER spring"; }
    // Whatever the refusal, nothing may have changed.
    template <class Call>
    void refuses(Call call, ErrorKind kind, const std::string& why) {
        const auto files = live_files();
        const Generation live = pipeline_->live();
        const Generation newest = inventory_->newest();
        const auto kept = publisher_.kept();
        const std::size_t told = published_.size();
        const auto refused = call();
        ASSERT_FALSE(refused.has_value()) << "was taken; wanted: " << why;
        EXPECT_EQ(refused.error().kind, kind) << refused.error().message;
        EXPECT_THAT(refused.error().message, testing::HasSubstr(why));
        EXPECT_EQ(live_files(), files);
        EXPECT_EQ(pipeline_->live(), live);
        EXPECT_EQ(inventory_->newest(), newest);
        EXPECT_EQ(publisher_.kept(), kept);
        EXPECT_EQ(published_.size(), told);
    }

    const std::string gxp_class =
        class_xml("gxp", "vendor-class=\"GXP\"", "<names config-prefix=\"gs_\"/>", "", "gxp");

    TempFolder folder_;
    Publisher publisher_{folder_.path(), Sealer(test_box(), "")};
    std::vector<std::pair<Generation, std::string>> published_;
    std::vector<Scope> scopes_; // of what was published
    std::unique_ptr<Inventory> inventory_;
    std::unique_ptr<DeviceStates> states_;
    std::unique_ptr<Pipeline> pipeline_;
    std::unique_ptr<Operations> operations_;
};

} // namespace plugtone::test
