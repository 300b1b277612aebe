// A running agent with a class that has a bootstrap window, and all that devices come in by.
#pragma once

#include "agent/enrolment.hpp"
#include "agent/enrolment_watch.hpp"
#include "agent/recorder.hpp"
#include "core/formats/gs_binary.hpp"
#include "core/formats/gs_xml.hpp"
#include "core/formats/openssl_container.hpp"
#include "tests/unit/agent/running_agent.hpp"

namespace plugtone::test {

inline constexpr long long start_time = 1'700'000'000;

class EnrollingAgent : public RunningAgent {
protected:
    EnrollingAgent() {
        folder_.write("classes/boot.xml",
                      class_xml("boot", "vendor-class-prefix=\"BOOT\"",
                                "<bootstrap rule=\"binary\" window=\"2h\"/>", "", "gxp"));
        reboot();
    }
    // A new agent on the same disk.
    void reboot() {
        enrolment_.reset();
        recorder_.reset();
        pins_.reset();
        unknown_.reset();
        restart();
        const auto taken = pipeline_->reload();
        EXPECT_TRUE(taken) << taken.error().message;
        unknown_ = std::make_unique<UnknownPhones>(inventory_->database());
        pins_ = std::make_unique<EnrolmentPins>(inventory_->database(), test_box());
        journal_ = std::make_unique<Journal>(inventory_->database());
        recorder_ = std::make_unique<Recorder>(*journal_, *states_, *unknown_, *pipeline_);
        enrolment_ = std::make_unique<Enrolment>(*operations_, *states_, *unknown_, *pins_,
                                                 [this] { return now_; });
        published_.clear();
    }
    void record(const std::vector<Event>& events) { recorder_->record(events, now_); }
    static Event transfer(EventKind kind, const std::string& name, const std::string& mac = phone) {
        Event event{kind, {{"NAME", name}, {"MAC", mac}, {"OWNER", mac}, {"SIZE", "5"}}};
        if (kind == EventKind::transfer_done)
            event.fields.emplace_back("BYTES", "5");
        return event;
    }
    static std::vector<Event> fetched(const std::string& name) {
        return {transfer(EventKind::transfer_started, name),
                transfer(EventKind::transfer_done, name)};
    }
    void fetch(const std::string& name) { record(fetched(name)); }
    bool serves(const std::string& path) const { return live_files().contains(path); }
    // What a phone reads that has this password; nothing: it cannot.
    std::optional<ParameterSet> opened(const std::string& path, const Secret& password) const {
        const auto files = live_files();
        const auto found = files.find(path);
        if (found == files.end())
            return std::nullopt;
        const auto plain = decrypt_container(as_bytes(found->second), password, KeyDigest::md5);
        const auto document =
            plain ? parse_gs_xml(path, *plain) : Result<GsDocument>(tl::unexpected(plain.error()));
        return document ? std::optional(document->parameters) : std::nullopt;
    }
    ParameterSet binary(const std::string& path) const {
        const auto file = decode_gs_binary(as_bytes(live_files().at(path)));
        EXPECT_TRUE(file) << file.error().message;
        return file ? file->parameters : ParameterSet{};
    }
    Secret password() { return inventory_->device(mac_of(phone))->xml_password; }

    long long now_ = start_time;
    std::unique_ptr<UnknownPhones> unknown_;
    std::unique_ptr<EnrolmentPins> pins_;
    std::unique_ptr<Journal> journal_;
    std::unique_ptr<Recorder> recorder_;
    std::unique_ptr<Enrolment> enrolment_;
};

inline constexpr const char* phone_binary = "@/cfg000b82123456";
inline constexpr const char* phone_xml = "@/cfg000b82123456.xml";

} // namespace plugtone::test
