// Kea's libraries log, and do not work before they may.
#include <gtest/gtest.h>
#include <log/logger_manager.h>

namespace plugtone {
namespace {

class KeaLogging : public testing::Environment {
public:
    void SetUp() override { isc::log::LoggerManager::init("plugtone-test", isc::log::FATAL); }
};

KeaLogging* made = new KeaLogging; // lint-allow(naked-new): GoogleTest takes it and deletes it
const auto* const kea_logging = testing::AddGlobalTestEnvironment(made);

} // namespace
} // namespace plugtone
