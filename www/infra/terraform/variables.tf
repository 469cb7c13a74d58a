variable "team" {
  description = "The slug of the Vercel team, as in https://vercel.com/<team>."
  type        = string
}

variable "project" {
  description = "The name of the Vercel project, as it stands in the subject of its tokens."
  type        = string
}

variable "project_id" {
  description = "The id of the Vercel project (prj_…)."
  type        = string
}

variable "region" {
  description = "The AWS region of the bucket."
  type        = string
  default     = "eu-central-1"
}

variable "trusted_environments" {
  description = "The environments whose deployments may take the role. Local development uses an AWS profile."
  type        = list(string)
  default     = ["production", "preview"]

  validation {
    condition     = length(var.trusted_environments) > 0 && !contains(var.trusted_environments, "*")
    error_message = "Name each environment."
  }
}
