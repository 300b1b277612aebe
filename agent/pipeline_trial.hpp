// Definitions on trial; only the pipeline's own files include this.
#pragma once

#include <utility>

#include "agent/pipeline.hpp"

namespace plugtone {

// Fresh definitions in place of those in force, until it goes or they are kept.
class Pipeline::Trial {
public:
    Trial(Pipeline& pipeline, Definitions fresh) : pipeline_(pipeline), other_(std::move(fresh)) {
        std::swap(pipeline_.definitions_, other_);
    }
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;
    ~Trial() {
        if (!kept_)
            std::swap(pipeline_.definitions_, other_);
    }

    const Definitions& replaced() const { return other_; }
    void keep() { kept_ = true; }

private:
    Pipeline& pipeline_;
    Definitions other_;
    bool kept_ = false;
};

} // namespace plugtone
